"""The case files of the library, as Python has them: dictionaries to apply and questions to ask.

The format is told in netpol-core/testdata/README.md. This reader shares nothing with the one in Rust.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import tomli

ROOT = Path(__file__).resolve().parents[2]
TESTDATA = ROOT / "netpol-core" / "testdata"


@dataclass
class Step:
    """What happens, and what holds after it."""

    delete: list[tuple[str, str, str | None]]
    relist: list[tuple[str, list[dict[str, Any]]]]
    objects: list[dict[str, Any]]
    manifests: list[str]
    node_addresses: dict[str, list[str]]
    advance: float | None
    withdraw: list[tuple[str, list[str] | None]]
    domains: list[tuple[str, list[str], float | None]]
    synced: bool | None
    refused: str | None
    probes: list[dict[str, Any]]
    reach: list[dict[str, Any]]


@dataclass
class Case:
    name: str
    options: dict[str, Any]
    admission: Literal["create", "stored"]
    steps: list[Step] = field(default_factory=list)


def load() -> list[Case]:
    """Every case of every file, each in each of its families."""
    cases: list[Case] = []
    for folder in ("cases", "network-policy-api", "upstream"):
        for path in sorted((TESTDATA / folder).glob("*.toml")):
            for table in tomli.loads(path.read_text())["case"]:
                cases.extend(_instances(table))
    return cases


def _instances(table: dict[str, Any]) -> Iterator[Case]:
    families = table.get("families")
    if families is None:
        yield _instance(table, ["ipv4", "ipv6"], table["name"])
        return
    for family in families:
        yield _instance(table, [family], f"{table['name']} [{family}]")


def _instance(table: dict[str, Any], families: list[str], name: str) -> Case:
    first = {
        key: value
        for key, value in table.items()
        if key not in {"name", "spec", "options", "admission", "families", "steps"}
    }
    steps = [dict(step) for step in ([first] if first else []) + table.get("steps", [])]
    addresses = _assign_addresses(steps, families)
    names_namespaces = any("namespaces" in step for step in steps)
    known: set[str] = set()
    case = Case(name, table.get("options", {}), table.get("admission", "create"))
    for step in steps:
        if not names_namespaces:
            _imply_namespaces(step, known)
        case.steps.append(_step(_substitute(step, addresses)))
    return case


def _assign_addresses(steps: list[dict[str, Any]], families: list[str]) -> dict[str, list[str]]:
    assigned: dict[str, list[str]] = {}
    for step in steps:
        pods: list[dict[str, Any]] = [
            {"name": pod} if isinstance(pod, str) else dict(pod) for pod in step.get("pods", [])
        ]
        for pod in pods:
            if "ips" in pod:
                continue
            number = len(assigned) + 1
            forms = {"ipv4": f"10.244.0.{number}", "ipv6": f"fd00:10:244::{number:x}"}
            own = [forms[family] for family in families]
            pod["ips"] = assigned.setdefault(pod["name"], own)
        if pods:
            step["pods"] = pods
    return assigned


def _imply_namespaces(step: dict[str, Any], known: set[str]) -> None:
    implied = []
    for rows in ("pods", "workloads", "policies", "extensionsPolicies", "alphaPolicies"):
        for row in step.get(rows, []):
            namespace, slash, _ = row["name"].partition("/")
            if slash and namespace not in known:
                known.add(namespace)
                implied.append(namespace)
    if implied:
        step["namespaces"] = implied


def _substitute(value: Any, addresses: dict[str, list[str]]) -> Any:
    if isinstance(value, str):
        while "{" in value:
            before, rest = value.split("{", 1)
            name, after = rest.split("}", 1)
            (address,) = addresses[name]
            if after.startswith("/host"):
                after = ("/128" if ":" in address else "/32") + after.removeprefix("/host")
            value = before + address + after
        return value
    if isinstance(value, list):
        return [_substitute(item, addresses) for item in value]
    if isinstance(value, dict):
        return {
            key: item if key in {"manifests", "annotations"} else _substitute(item, addresses)
            for key, item in value.items()
        }
    return value


def _step(step: dict[str, Any]) -> Step:
    objects = list(_objects(step))
    relist = []
    for kind in step.get("relist", []):
        relist.append((kind, [one for one in objects if one["kind"] == kind]))
        objects = [one for one in objects if one["kind"] != kind]
    withdraw: list[dict[str, Any]] = [
        {"name": row} if isinstance(row, str) else row for row in step.get("withdraw", [])
    ]
    files = [(TESTDATA / file).read_text() for file in step.get("files", [])]
    return Step(
        delete=[_deleted(text) for text in step.get("delete", [])],
        relist=relist,
        objects=objects,
        manifests=files + step.get("manifests", []),
        node_addresses=step.get("nodeAddresses", {}),
        advance=step.get("advance"),
        withdraw=[(row["name"], row.get("addresses")) for row in withdraw],
        domains=[
            (row["name"], row["addresses"], row.get("expires")) for row in step.get("domains", [])
        ],
        synced=step.get("synced"),
        refused=step.get("refused"),
        probes=step.get("expect", []),
        reach=step.get("reach", []),
    )


def _deleted(text: str) -> tuple[str, str, str | None]:
    kind, name = text.split(" ", 1)
    namespace, slash, own = name.partition("/")
    return (kind, own, namespace) if slash else (kind, name, None)


def _objects(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in step.get("namespaces", []):
        row = {"name": row} if isinstance(row, str) else row
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": row}
    for row in step.get("nodes", []):
        addresses = [{"type": "InternalIP", "address": one} for one in row.get("addresses", [])]
        yield {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": row["name"], "labels": row.get("labels", {})},
            "spec": {"podCIDRs": row.get("podCIDRs", [])},
            "status": {"addresses": addresses},
        }
    for row in step.get("services", []):
        spec = {key: value for key, value in row.items() if key != "name"}
        metadata = _metadata(row["name"])
        yield {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    for row in step.get("endpointSlices", []):
        metadata = _metadata(row["name"])
        if "service" in row:
            metadata["labels"] = {"kubernetes.io/service-name": row["service"]}
        yield {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata,
            "addressType": row.get("addressType", "IPv4"),
            "endpoints": row.get("endpoints", []),
            "ports": row.get("ports", []),
        }
    yield from map(_pod, step.get("pods", []))
    yield from map(_workload, step.get("workloads", []))
    network, alpha = "networking.k8s.io/v1", "net.alpha.kubernetes.io/v1alpha1"
    policy = "policy.networking.k8s.io"
    for rows, version, kind in (
        ("policies", network, "NetworkPolicy"),
        ("extensionsPolicies", "extensions/v1beta1", "NetworkPolicy"),
        ("alphaPolicies", alpha, "NetworkPolicy"),
        ("clusterPolicies", f"{policy}/v1alpha2", "ClusterNetworkPolicy"),
        ("adminPolicies", f"{policy}/v1alpha1", "AdminNetworkPolicy"),
        ("baselineAdminPolicies", f"{policy}/v1alpha1", "BaselineAdminNetworkPolicy"),
    ):
        for row in step.get(rows, []):
            spec = {key: value for key, value in row.items() if key != "name"}
            metadata = _metadata(row["name"])
            yield {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _metadata(name: str) -> dict[str, Any]:
    namespace, slash, own = name.partition("/")
    return {"namespace": namespace, "name": own} if slash else {"name": name}


def _pod(row: dict[str, Any]) -> dict[str, Any]:
    metadata = _metadata(row["name"])
    metadata["labels"] = row.get("labels", {"pod": metadata["name"]})
    for field_name, key in (("creationTimestamp", "created"), ("deletionTimestamp", "deleted")):
        if key in row:
            metadata[field_name] = row[key]
    spec = _pod_spec(row) | {"nodeName": row.get("node", "")}
    status: dict[str, Any] = {"phase": row.get("phase", "Running")}
    if "ready" in row:
        status["conditions"] = [{"type": "Ready", "status": str(row["ready"])}]
    for one, many, key in (("podIP", "podIPs", "ips"), ("hostIP", "hostIPs", "hostIPs")):
        if row.get(key):
            status[one] = row[key][0]
            status[many] = [{"ip": address} for address in row[key]]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def _workload(row: dict[str, Any]) -> dict[str, Any]:
    version = {"Job": "batch/v1", "CronJob": "batch/v1", "ReplicationController": "v1"}
    template = {"metadata": {"labels": row.get("labels", {})}, "spec": _pod_spec(row)}
    spec: dict[str, Any] = {"template": template}
    if "selector" in row:
        plain = row["kind"] == "ReplicationController"
        spec["selector"] = row["selector"]["matchLabels"] if plain else row["selector"]
    if row["kind"] == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    return {
        "apiVersion": version.get(row["kind"], "apps/v1"),
        "kind": row["kind"],
        "metadata": _metadata(row["name"]),
        "spec": spec,
    }


def _pod_spec(row: dict[str, Any]) -> dict[str, Any]:
    containers = [_container(text) for text in row.get("ports", [])]
    init = [_container(text) | {"restartPolicy": "Always"} for text in row.get("sidecarPorts", [])]
    init += [_container(text) for text in row.get("initPorts", [])]
    for number, container in enumerate(containers + init):
        container["name"] = f"c{number}"
    return {
        "hostNetwork": row.get("hostNetwork", False),
        "containers": containers,
        "initContainers": init,
    }


def _container(text: str) -> dict[str, Any]:
    name, rest = text.split("=")
    number, slash, protocol = rest.partition("/")
    port = {"name": name, "containerPort": int(number)}
    return {"ports": [port | ({"protocol": protocol} if slash else {})]}


def reach_probes(reach: dict[str, Any], pods: list[str]) -> Iterator[dict[str, Any]]:
    """The single questions of a `reach`, from every pod to every other."""

    def matches(patterns: list[str], source: str, destination: str) -> bool:
        def one(pattern: str, name: str) -> bool:
            return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern

        pairs = (pattern.split(" -> ") for pattern in patterns)
        return any(one(first, source) and one(second, destination) for first, second in pairs)

    for source in pods:
        for destination in pods:
            if source == destination:
                continue
            denied = matches(reach.get("deny", []), source, destination)
            denied = denied and not matches(reach.get("allow", []), source, destination)
            probe = {"from": source, "to": destination, "port": reach["port"]}
            probe["verdict"] = "deny" if denied else "allow"
            if "protocol" in reach:
                probe["protocol"] = reach["protocol"]
            yield probe


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

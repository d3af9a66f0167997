"""Clusters that have everything that tells ends apart, and what the engine says of each pair in them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import netpol
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from netpol import Access, Matrix
from netpol._matrix._groups import asked

from . import shop

checked = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=True,
)

HOSTILE = (
    "</script><script>document.title='hacked'</script><img src=x onerror=\"document.title='hacked'\">"
)
"""A name that would be a script, were it not text."""

APPS = ["web", "db"]
NAMESPACES = ["shop", "other"]
BLOCKS: list[dict[str, Any]] = [
    {"cidr": "192.0.2.0/24", "except": ["192.0.2.128/25"]},
    {"cidr": "10.0.0.0/29"},
    {"cidr": "10.0.0.0/28", "except": ["10.0.0.4/30"]},
    {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]},
    {"cidr": "::/0"},
    {"cidr": "fd00::/125"},
    {"cidr": "10.9.0.1/32"},
]
selectors: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.sampled_from(APPS).map(lambda app: {"matchLabels": {"app": app}}),
    st.sampled_from(["0", "1"]).map(lambda index: {"matchLabels": {"index": index}}),
    st.sampled_from(APPS).map(
        lambda app: {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": [app]}]}
    ),
)
peers = st.one_of(
    selectors.map(lambda selector: {"podSelector": selector}),
    selectors.map(lambda selector: {"namespaceSelector": {}, "podSelector": selector}),
    st.sampled_from(NAMESPACES).map(
        lambda name: {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
    ),
    st.sampled_from(BLOCKS).map(lambda block: {"ipBlock": block}),
)
ports = st.lists(
    st.sampled_from([{"port": 80}, {"port": "http"}, {"port": "http", "protocol": "UDP"}]), max_size=2
)
rules = st.lists(
    st.fixed_dictionaries({"peers": st.lists(peers, max_size=2), "ports": ports}), max_size=2
)


@st.composite
def policies(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for number in range(draw(st.integers(1, 4))):
        types = draw(st.sampled_from([["Ingress"], ["Egress"], ["Ingress", "Egress"]]))
        spec: dict[str, Any] = {"podSelector": draw(selectors), "policyTypes": types}
        if "Ingress" in types:
            spec["ingress"] = [{"from": rule["peers"], "ports": rule["ports"]} for rule in draw(rules)]
        if "Egress" in types:
            spec["egress"] = [{"to": rule["peers"], "ports": rule["ports"]} for rule in draw(rules)]
        namespace = draw(st.sampled_from(NAMESPACES))
        made.append(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": f"p{number}", "namespace": namespace},
                "spec": spec,
            }
        )
    return made


@st.composite
def pods(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for number in range(draw(st.integers(2, 7))):
        ipv4, ipv6 = f"10.0.0.{draw(st.integers(1, 9))}", f"fd00::{number + 1:x}"
        families = draw(st.sampled_from([[ipv4], [ipv4], [ipv4, ipv6], [ipv6, ipv4], [ipv6], []]))
        host = draw(st.integers(0, 5)) == 0
        node = draw(st.sampled_from(["one", "two"]))
        own = {"one": "10.9.0.1", "two": "10.9.0.2"}[node]
        addresses = [own] if host else families
        ports = draw(
            st.sampled_from([[], [("http", 80, "TCP")], [("http", 8080, "TCP"), ("http", 80, "UDP")]])
        )
        app = draw(st.sampled_from(APPS))
        made.append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"{app}-{number}",
                    "namespace": draw(st.sampled_from(NAMESPACES)),
                    "labels": {"app": app, "index": str(number % 2), "unheard": str(number)},
                    "creationTimestamp": f"2026-01-0{number + 1}T00:00:00Z",
                },
                "spec": {
                    "nodeName": node,
                    "hostNetwork": host,
                    "containers": [
                        {
                            "name": f"c{place}",
                            "ports": [{"name": name, "containerPort": port, "protocol": protocol}],
                        }
                        for place, (name, port, protocol) in enumerate(ports or [("none", 1, "TCP")])
                    ],
                },
                "status": {
                    "phase": "Running",
                    "podIP": addresses[0] if addresses else "",
                    "podIPs": [{"ip": address} for address in addresses],
                    "hostIP": own,
                },
            }
        )
    return made


def node(name: str, address: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"zone": name}},
        "spec": {"podCIDRs": ["10.0.0.0/24"]},
        "status": {"addresses": [{"type": "InternalIP", "address": address}]},
    }


def workload(name: str, app: str) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": app}},
            "template": {
                "metadata": {"labels": {"app": app}},
                "spec": {
                    "containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 80}]}]
                },
            },
        },
    }


options = st.sampled_from(
    [
        netpol.Options(),
        netpol.Options(host_network_pods="treatAsPod"),
        netpol.Options(own_node_egress=True),
        netpol.Options(unknown_pod_addresses="deny"),
        netpol.Options(self_traffic=False),
        netpol.Options(service_hairpin=True),
        netpol.Options(ip_block_pods="never"),
    ]
)


@st.composite
def engines(draw: st.DrawFn) -> netpol.Engine:
    cluster = netpol.Cluster(draw(options))
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES
    ]
    nodes = [node("one", "10.9.0.1"), node("two", "10.9.0.2")]
    some = draw(st.sampled_from([[], [workload("web", "web")], [workload("cache", "cache")]]))
    cluster.apply([*namespaces, *nodes, *draw(pods()), *draw(policies()), *some])
    return cluster.publish()


def decided(
    engine: netpol.Engine,
    source: netpol.MatrixMember,
    destination: netpol.MatrixMember,
    port: netpol.MatrixPort,
) -> bool | None:
    """What the engine says about a pair, asked for it alone."""
    try:
        verdict = engine.decide(*ends(source, destination), port=port.port, protocol=port.protocol)
    except netpol.QuestionError:
        return None
    return verdict.is_allow


def ends(source: netpol.MatrixMember, destination: netpol.MatrixMember) -> tuple[Any, Any]:
    """Outsiders by their addresses in the first family of the source's that both have."""
    for version in [address.version for address in source.addresses] or [4, 6]:
        own = [address for address in destination.addresses if address.version == version]
        if own:
            of_source = [address for address in source.addresses if address.version == version]
            return source.endpoint or of_source[0], destination.endpoint or own[0]
    return source.endpoint or source.addresses[0], destination.endpoint or destination.addresses[0]


def pairs(source: netpol.MatrixGroup, destination: netpol.MatrixGroup) -> Iterator[tuple[Any, Any]]:
    every = list(itertools.product(source.members, destination.members))
    others = [(a, b) for a, b in every if a != b]
    yield from others or every


def expected(verdicts: set[bool | None]) -> Access:
    known = {True: Access.ALL, False: Access.NONE, None: Access.UNANSWERED}
    return known[verdicts.pop()] if len(verdicts) == 1 else Access.SOME


def stored(*objects: dict[str, Any]) -> netpol.Engine:
    """The engine of objects that a cluster holds, whatever is wrong with them."""
    cluster = netpol.Cluster()
    cluster.apply(objects, admission="stored")
    return cluster.publish()


def twin(name: str, address: str, node: str = "one", **more: Any) -> dict[str, Any]:
    """A pod that differs from the others in what is given alone."""
    pod = shop.pod(name, *address.split())
    pod["metadata"]["labels"] = {"app": "twin", "unheard": name} | more.pop("labels", {})
    host = {"one": "10.9.0.1", "two": "10.9.0.2"}[node]
    pod["spec"] |= {"nodeName": node, **more}
    pod["status"]["hostIP"] = host
    return pod


def policy(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"podSelector": {"matchLabels": {"app": "twin"}}, **spec},
    }


TWINS = [
    twin("a", "10.0.0.1"),
    twin("alike", "10.0.0.2"),
    twin("on-another-node", "10.0.0.3", node="two"),
    twin("labelled", "10.0.0.4", labels={"index": "0"}),
    twin("in-a-block", "10.0.0.17"),
    twin("in-an-except", "10.0.0.25"),
    twin("of-both-families", "10.0.0.5 fd00::5"),
    twin("of-both-families-too", "10.0.0.6 fd00::6"),
    twin("of-ipv6-first", "fd00::7 10.0.0.7"),
    twin("of-ipv6", "fd00::8"),
    twin("of-ipv6-in-a-block", "10.0.0.8 fd00::18"),
    twin("of-ipv6-first-in-a-block", "fd00::19 10.0.0.9"),
    twin("elder", "10.0.0.33"),
    twin("younger", "10.0.0.33"),
    twin("host", "10.9.0.1", hostNetwork=True),
    twin("host-alike", "10.9.0.1", hostNetwork=True),
    twin("host-on-another-node", "10.9.0.2", node="two", hostNetwork=True),
    twin("unscheduled", ""),
    twin("unscheduled-too", ""),
]
TWINS[12]["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
TWINS[13]["metadata"]["creationTimestamp"] = "2026-01-02T00:00:00Z"
POLICIES: list[list[dict[str, Any]]] = [
    [],
    [policy("closed", policyTypes=["Ingress", "Egress"])],
    [policy("labels", ingress=[{"from": [{"podSelector": {"matchLabels": {"index": "0"}}}]}])],
    [policy("twins", ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "twin"}}}]}])],
    [
        policy(
            "blocks",
            ingress=[
                {"from": [{"ipBlock": {"cidr": "10.0.0.16/28", "except": ["10.0.0.24/29"]}}]},
                {"from": [{"ipBlock": {"cidr": "fd00::10/124"}}]},
            ],
        )
    ],
    [
        policy(
            "out",
            policyTypes=["Egress"],
            egress=[
                {"to": [{"ipBlock": {"cidr": "10.9.0.0/16"}}, {"ipBlock": {"cidr": "fd00::10/124"}}]}
            ],
        )
    ],
]


def twins(made: list[dict[str, Any]], options: netpol.Options | None = None) -> netpol.Engine:
    """The engine of pods that differ in one thing each, under some policies."""
    cluster = netpol.Cluster(options)
    cluster.apply([node("one", "10.9.0.1"), node("two", "10.9.0.2"), *TWINS, *made])
    return cluster.publish()


def explained(found: Matrix, port: int, row: int, column: int) -> set[str]:
    """What the engine says of the pairs of a cell."""
    own = found.ports[port]
    texts = set()
    for pair in pairs(found.sources[row], found.destinations[column]):
        ends = asked(*pair)
        try:
            texts.add(str(found.engine.explain(*ends, port=own.port, protocol=own.protocol)))
        except netpol.QuestionError as error:
            texts.add(f"no answer\n{error}")
    return texts

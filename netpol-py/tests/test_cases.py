"""Every case file, put to the package in each of its ways to ask: by name and by address, single and in
columns, before and after a pickle."""

from __future__ import annotations

import ipaddress
import pickle
from dataclasses import dataclass
from typing import Any

import netpol
import numpy as np
import pyarrow as pa
import pytest

from . import cases

CASES = cases.load()
ERRORS = {
    "isService": netpol.ServiceNameError,
    "unknown": netpol.UnknownEndpointError,
    "ambiguous": netpol.AmbiguousEndpointError,
    "noCommonFamily": netpol.NoCommonFamilyError,
}


def test_there_are_cases() -> None:
    assert len(CASES) > 400
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: cases.Case) -> None:
    cluster = netpol.Cluster(netpol.Options.from_dict(case.options))
    pods: dict[str, list[str]] = {}
    engine: netpol.Engine | None = None
    for step in case.steps:
        refused = handle(cluster, step, case.admission)
        assert refused == (step.refused == "apply")
        if step.refused != "apply":
            remember(pods, step)
            if step.refused == "publish":
                with pytest.raises(netpol.RefusedError):
                    cluster.publish()
            else:
                engine = cluster.publish()
        about_services = [probe for probe in step.probes if probe["to"].startswith("svc/")]
        probes_of_pods = [probe for probe in step.probes if probe not in about_services]
        asked = [ask for probe in probes_of_pods for ask in asks(probe, pods)]
        for reach in step.reach:
            probes = cases.reach_probes(reach, sorted(pods))
            asked += [ask for probe in probes for ask in asks(probe, pods)]
        if engine is None:
            assert not asked and not about_services
            continue
        for probe in about_services:
            check_service(engine, probe)
        for ask in asked:
            ask.check(engine)
        check_columns(engine, asked)
        again = pickle.loads(pickle.dumps(engine))
        assert again.generation == engine.generation
        for probe in about_services:
            check_service(again, probe)
        for ask in asked[:10]:
            ask.check(again)


def handle(cluster: netpol.Cluster, step: cases.Step, admission: netpol.AdmissionLike) -> bool:
    """Lets the step happen. Says whether something was refused."""
    reading = netpol.ReadOptions(legacy=True)
    refused = False
    for kind, name, namespace in step.delete:
        cluster.delete(kind, name, namespace=namespace)
    for kind, objects in step.relist:
        cluster.replace_all(kind, objects, admission=admission, reading=reading)
    for one in step.objects:
        try:
            cluster.upsert(one, admission=admission, reading=reading)
        except netpol.RefusedError:
            refused = True
    for text in step.manifests:
        try:
            cluster.apply(text, admission=admission)
        except netpol.RefusedError:
            refused = True
    for node, addresses in step.node_addresses.items():
        cluster.set_node_addresses(node, addresses)
    if step.advance is not None:
        cluster.advance(step.advance)
    for name, some in step.withdraw:
        cluster.withdraw_domain(name, some)
    for name, addresses, expires in step.domains:
        cluster.resolve_domain(name, addresses, expires=expires)
    if step.synced is not None:
        cluster.synced = step.synced
    return refused


def remember(pods: dict[str, list[str]], step: cases.Step) -> None:
    """The addresses of the pods as the step gives them."""
    for kind, name, namespace in step.delete:
        if kind == "Pod":
            pods.pop(f"{namespace}/{name}", None)
    if any(kind == "Pod" for kind, _ in step.relist):
        pods.clear()
    objects = step.objects + [one for _, many in step.relist for one in many]
    for text in step.manifests:
        alone = netpol.Cluster()
        try:
            alone.apply(text, admission="stored")
        except netpol.RefusedError:
            continue
        engine = alone.publish()
        for endpoint in engine.endpoints():
            if endpoint.kind == "Pod":
                pods[str(endpoint)] = [str(address) for address in engine.addresses(endpoint)]
    for one in objects:
        if one["kind"] == "Pod":
            metadata = one["metadata"]
            addresses = [entry["ip"] for entry in one["status"].get("podIPs", [])]
            kept = [text for text in addresses if cases.is_address(text)]
            pods[f"{metadata['namespace']}/{metadata['name']}"] = kept


def check_service(engine: netpol.Engine, probe: dict[str, Any]) -> None:
    """One question about a Service, and what a probe says about it."""
    question = (probe["from"], probe["to"])
    arguments = {name: probe[name] for name in ("port", "protocol") if name in probe}
    if "error" in probe:
        for ask in (engine.decide_service, engine.explain_service, engine.backends):
            with pytest.raises(netpol.QuestionError) as unanswered:
                ask(*question, **arguments)
            if isinstance(unanswered.value, netpol.ServiceError):
                assert unanswered.value.code == probe["error"]
            else:
                assert isinstance(unanswered.value, ERRORS[probe["error"]])
        return
    with pytest.raises(netpol.ServiceNameError, match="ask decide_service"):
        engine.decide(*question, port=1)
    verdict = engine.decide_service(*question, **arguments)
    explanation = engine.explain_service(*question, **arguments)
    backends = engine.backends(*question, **arguments)
    assert verdict == explanation.verdict
    assert str(explanation).splitlines()[0] == verdict
    assert explanation.to_dict()["verdict"] == verdict
    told = [
        f"{backend} {one.verdict}"
        for backend, one in zip(backends, explanation.backends, strict=True)
    ]
    assert [backend.port for backend in backends] == [one.port for one in explanation.backends]
    if "verdict" in probe:
        assert verdict == probe["verdict"], explanation
    if "backends" in probe:
        assert sorted(told) == probe["backends"], explanation


@dataclass
class Ask:
    """One question, as arguments, and what a probe says about it."""

    source: str
    destination: str
    arguments: dict[str, Any]
    probe: dict[str, Any]

    def check(self, engine: netpol.Engine) -> None:
        __tracebackhide__ = True
        error = ERRORS.get(self.probe.get("error", ""))
        if error is not None:
            for ask in (engine.decide, engine.attribute, engine.explain):
                with pytest.raises(error):
                    ask(self.source, self.destination, **self.arguments)
            return
        verdict = engine.decide(self.source, self.destination, **self.arguments)
        decision = engine.attribute(self.source, self.destination, **self.arguments)
        explanation = engine.explain(self.source, self.destination, **self.arguments)
        told = f"{self}\n{explanation}"
        assert verdict == decision.verdict == explanation.verdict, told
        assert str(explanation).splitlines()[0] == str(verdict), told
        if "verdict" in self.probe:
            assert verdict == self.probe["verdict"], told
        for direction in ("ingress", "egress"):
            one = engine.decide(
                self.source, self.destination, **self.arguments, direction=direction
            )
            part, account = decision.direction(direction), explanation.direction(direction)
            assert one == part.verdict == account.verdict, told
            assert part.reason == account.reason, told
            if direction in self.probe:
                assert one == self.probe[direction], told
            if f"{direction}Reason" in self.probe:
                assert reason(part) == self.probe[f"{direction}Reason"], told
            if part.rule is not None and account.allowed_by:
                rule = account.allowed_by[0]
                assert (part.policy, part.rule) == (rule.policy, rule.rule), told
                assert (part.peer, part.port) == (rule.peer, rule.port), told
                assert str(rule) in str(explanation), told


def asks(probe: dict[str, Any], pods: dict[str, list[str]]) -> list[Ask]:
    """The questions of a probe: by address in each family that both ends have, and by name."""
    arguments: dict[str, Any] = {}
    if "icmp" in probe:
        arguments = {"protocol": "ICMP", "icmp": tuple(probe["icmp"])}
    elif "icmpv6" in probe:
        arguments = {"protocol": "ICMPv6", "icmp": tuple(probe["icmpv6"])}
    else:
        if "protocol" in probe:
            arguments["protocol"] = probe["protocol"]
        if "port" in probe:
            arguments["port"] = probe["port"]
        if probe.get("fragment"):
            arguments["fragment"] = True
    if probe.get("viaService"):
        arguments["via_service"] = True
    found = []
    if probe.get("ask") != "name":
        for source in addresses(probe["from"], pods):
            for destination in addresses(probe["to"], pods):
                versions = (source.version, destination.version)
                wanted = 4 if "icmp" in probe else 6 if "icmpv6" in probe else versions[0]
                # What is no packet of one family is no question here.
                if versions in {(wanted, wanted)}:
                    found.append(Ask(str(source), str(destination), arguments, probe))
    if probe.get("ask") != "address" and not probe.get("viaService"):
        found.append(Ask(probe["from"], probe["to"], arguments, probe))
    return found


def addresses(end: str, pods: dict[str, list[str]]) -> list[netpol.Address]:
    texts = [end] if cases.is_address(end) else pods.get(end, [])
    found = [ipaddress.ip_address(text) for text in texts]
    return [getattr(one, "ipv4_mapped", None) or one for one in found]


def reason(part: netpol.Attribution) -> str:
    """What one direction rests on, as case files spell it."""
    words = {
        netpol.Reason.RULE_MATCHES: "allowed",
        netpol.Reason.RULE_DENIES: "denied",
        netpol.Reason.RULE_NOT_UNDERSTOOD: "not understood",
    }
    if part.reason not in words:
        return str(part.reason)
    policy = part.policy
    assert policy is not None
    name = {
        "NetworkPolicy": f"{policy.namespace}/{policy.name}",
        "ClusterNetworkPolicy": f"{policy.tier} {policy.name}",
    }.get(policy.kind, f"{policy.kind} {policy.name}")
    text = f"{words[part.reason]} {name} rule {part.rule}"
    if part.peer is not None:
        text += f" peer {part.peer}"
    if part.port is not None:
        text += f" port {part.port}"
    return text


def check_columns(engine: netpol.Engine, asked: list[Ask]) -> None:
    """The same questions in columns, as objects and as an Arrow table."""
    asked = [ask for ask in asked if "error" not in ask.probe]
    if not asked:
        return
    flows: dict[str, list[Any]] = {
        "source": [ask.source for ask in asked],
        "destination": [ask.destination for ask in asked],
        "port": [ask.arguments.get("port") for ask in asked],
        "protocol": [str(ask.arguments.get("protocol", "TCP")) for ask in asked],
        "icmp_type": [ask.arguments.get("icmp", (None, None))[0] for ask in asked],
        "icmp_code": [ask.arguments.get("icmp", (None, None))[1] for ask in asked],
        "fragment": [ask.arguments.get("fragment", False) for ask in asked],
        "via_service": [ask.arguments.get("via_service", False) for ask in asked],
    }
    single = [engine.attribute(ask.source, ask.destination, **ask.arguments) for ask in asked]
    table = pa.table(
        {
            **{name: pa.array(column) for name, column in flows.items()},
            "source": pa.array(flows["source"]).dictionary_encode(),
            "port": pa.array(flows["port"], pa.uint16()),
        }
    )
    objects = {name: np.array(column, dtype=object) for name, column in flows.items()}
    expected = [decision.verdict.is_allow for decision in single]
    for form in (objects, table):
        assert engine.decide_batch(form).tolist() == expected
        for direction in ("ingress", "egress"):
            side = [one.direction(direction).verdict.is_allow for one in single]
            assert engine.decide_batch(form, direction=direction).tolist() == side
    rows = pa.table(engine.attribute_batch(table)).to_pylist()
    for row, decision in zip(rows, single, strict=True):
        assert row["verdict"] == decision.verdict.is_allow
        for direction in ("ingress", "egress"):
            part = decision.direction(direction)
            assert row[f"{direction}_verdict"] == part.verdict.is_allow
            assert row[f"{direction}_reason"] == part.reason
            assert row[f"{direction}_tier"] == part.tier
            assert row[f"{direction}_policy"] == (part.policy and str(part.policy))
            for name in ("rule", "peer", "port"):
                assert row[f"{direction}_{name}"] == getattr(part, name)
        deciding = decision.direction(row["direction"])
        assert deciding.verdict == decision.verdict
        assert row["reason"] == deciding.reason
        assert row["policy"] == (deciding.policy and str(deciding.policy))

"""What single questions take, and what they say when they cannot be answered."""

from __future__ import annotations

import ipaddress
from typing import Any

import netpol
import numpy as np
import pytest
from netpol import Direction, Endpoint, Reason, Stage, Tier, Verdict

from . import shop

ENGINE = shop.engine()
API, DB, WEB = "shop/api", "shop/db", "shop/web"


@pytest.mark.parametrize(
    "end",
    [
        API,
        "pod/shop/api",
        "Pod/shop/api",
        Endpoint("shop", "api"),
        "10.0.0.2",
        "::ffff:10.0.0.2",
        "fd00::2",
        ipaddress.ip_address("10.0.0.2"),
        ipaddress.ip_address("::ffff:10.0.0.2"),
    ],
)
def test_ends(end: Any) -> None:
    destination = "fd00::1" if end == "fd00::2" else DB
    assert ENGINE.decide(end, destination, port=5432) is Verdict.ALLOW
    assert ENGINE.decide(end, destination, port=22) is Verdict.DENY
    assert ENGINE.explain(end, destination, port=22).source.endpoint == Endpoint("shop", "api")


@pytest.mark.parametrize(
    ("port", "verdict"),
    [(5432, "allow"), ("5432", "allow"), ("postgres", "allow"), (np.uint16(5432), "allow"), (0, "deny")],
)
def test_ports(port: Any, verdict: str) -> None:
    assert ENGINE.decide(API, DB, port=port) == verdict
    assert ENGINE.decide("10.0.0.2", "10.0.0.1", port=port) == verdict


def test_protocols() -> None:
    assert ENGINE.decide(API, DB, port=5432, protocol="tcp").is_allow
    assert ENGINE.decide(API, DB, port=5432, protocol=6).is_allow
    assert not ENGINE.decide(API, DB, port=5432, protocol="UDP").is_allow
    assert not ENGINE.decide(API, DB, protocol=47).is_allow
    assert not ENGINE.decide(API, DB, fragment=True).is_allow


def test_icmp_is_an_echo_request_of_the_family_in_which_the_ends_meet() -> None:
    assert ENGINE.explain(API, DB, protocol="ICMP").icmp == (8, 0)
    explanation = ENGINE.explain(API, "shop/six", protocol="ICMP")
    assert (explanation.protocol, explanation.icmp) == ("ICMPv6", (128, 0))
    assert ENGINE.explain(API, DB, protocol="ICMP", icmp=(3, 1)).icmp == (3, 1)
    assert ENGINE.explain(API, DB, protocol=1).icmp is None
    # Neighbour discovery always passes.
    assert ENGINE.decide(API, "shop/six", protocol="ICMPv6", icmp=(135, 0)).is_allow


def test_one_side_alone() -> None:
    assert ENGINE.decide(WEB, DB, port=5432, direction="egress").is_allow
    assert not ENGINE.decide(WEB, DB, port=5432, direction=Direction.INGRESS).is_allow


def test_decisions_name_what_decides() -> None:
    decision = ENGINE.attribute(API, DB, port=5432)
    ingress = decision.direction("ingress")
    assert ingress.policy is not None and str(ingress.policy) == "NetworkPolicy shop/db"
    assert (ingress.reason, ingress.tier) == (Reason.RULE_MATCHES, Tier.NETWORK_POLICY)
    assert (ingress.rule, ingress.peer, ingress.port) == (0, 0, 0)
    assert decision.egress == netpol.Attribution(Verdict.ALLOW, Reason.NOT_ISOLATED)
    assert decision == ENGINE.attribute(API, DB, port=5432)
    assert hash(decision) == hash(ENGINE.attribute(API, DB, port=5432))


def test_explanations_have_text_and_parts() -> None:
    explanation = ENGINE.explain("192.0.2.200", DB, port=5432)
    assert str(explanation) == (
        "deny\n"
        "TCP 192.0.2.200 -> shop/db (10.0.0.1) port 5432\n"
        "egress from 192.0.2.200: allow, not a pod, so no policy applies\n"
        "ingress to shop/db: deny, isolated by NetworkPolicy shop/db, and no rule matches\n"
        "  nearest: NetworkPolicy shop/db spec.ingress[0] (from[1]): "
        "192.0.2.200 is in except 192.0.2.128/25"
    )
    miss = explanation.ingress.nearest_miss
    assert miss is not None and miss.stage is Stage.EXCEPT
    assert str(miss.rule) == "NetworkPolicy shop/db spec.ingress[0] (from[1])"
    assert explanation.source == netpol.Party(None, ipaddress.ip_address("192.0.2.200"))
    assert str(explanation.destination) == "shop/db (10.0.0.1)"
    assert explanation.port == 5432
    found = explanation.to_dict()
    assert found["verdict"] == "deny"
    assert found["ingress"]["nearestMiss"]["stage"] == "except"
    assert explanation == ENGINE.explain("192.0.2.200", DB, port=5432)


def test_verdicts_have_no_truth_value() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        assert ENGINE.decide(API, DB, port=5432)
    assert ENGINE.decide(API, DB, port=5432) == "allow"


def test_who_reaches_whom() -> None:
    reach = ENGINE.sources_of(DB, port="postgres")
    assert ENGINE.sources_of("10.0.0.1", port=5432).networks == reach.networks
    assert API in reach and Endpoint("shop", "api") in reach and WEB not in reach
    assert DB in reach, "a pod reaches itself"
    assert list(map(str, reach.networks)) == ["192.0.2.0/25"]
    assert ipaddress.ip_address("192.0.2.1") in reach
    assert ipaddress.ip_address("192.0.2.129") not in reach
    assert 5 not in reach
    assert DB in ENGINE.destinations_of(API, port=5432)
    assert DB not in ENGINE.destinations_of(WEB, port=5432)
    with pytest.raises(TypeError, match="port must be a number, not str"):
        ENGINE.destinations_of(API, port="postgres")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="65536 is no port"):
        ENGINE.destinations_of(API, port=65536)


def test_names_of_things() -> None:
    assert list(map(str, ENGINE.endpoints())) == ["shop/api", "shop/db", "shop/six", "shop/web"]
    assert ENGINE.endpoint("pod/shop/db") == Endpoint("shop", "db")
    assert ENGINE.addresses(DB) == (ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("fd00::1"))
    assert ENGINE.owner("fd00::1") == Endpoint("shop", "db")
    assert ENGINE.owner("192.0.2.1") is None
    assert ENGINE.port_number(DB, "postgres") == 5432
    assert list(map(str, ENGINE.policies())) == ["NetworkPolicy shop/db"]
    assert [one.policy for one in ENGINE.policy_footprints()] == list(ENGINE.policies())
    usage = ENGINE.memory_usage()
    assert 0 < usage.hot_bytes < usage.bytes
    assert repr(ENGINE) == "<netpol.Engine, generation 1: 4 endpoints, 1 policies>"


def test_raw_packets() -> None:
    packet = bytes.fromhex(
        "450000280000000040060000" + "0a000002" + "0a000001" + "c0001538" + "00" * 16
    )
    assert ENGINE.decide_raw(packet).is_allow
    with pytest.raises(netpol.RawPacketError, match="bytes needed"):
        ENGINE.decide_raw(packet[:21])


@pytest.mark.parametrize(
    ("error", "message", "source", "destination", "arguments"),
    [
        (netpol.UnknownEndpointError, "no endpoint `shop/dab`", "shop/dab", DB, {"port": 1}),
        (netpol.MalformedNameError, "`api` does not name an endpoint", "api", DB, {"port": 1}),
        (netpol.NoCommonFamilyError, "no address of the same family", "10.9.9.9", "fd00::9", {"port": 1}),
        (netpol.NoCommonFamilyError, "no address of the same family", WEB, "shop/six", {"port": 1}),
        (netpol.PortNameError, "declares no TCP port named `http`", API, DB, {"port": "http"}),
        (netpol.PortNameError, "on an address that no pod owns", API, "192.0.2.9", {"port": "http"}),
        (ValueError, "65536 is no port", API, DB, {"port": 65536}),
        (ValueError, "-1 is no port", API, DB, {"port": -1}),
        (ValueError, "`70000` is no port", API, DB, {"port": "70000"}),
        (ValueError, "256 is no protocol number", API, DB, {"protocol": 256}),
        (ValueError, "unknown protocol `tpc`", API, DB, {"protocol": "tpc", "port": 1}),
        (ValueError, "ICMP has no ports", API, DB, {"protocol": "ICMP", "port": 1}),
        (ValueError, "`icmp` goes with protocol ICMP", API, DB, {"icmp": (8, 0)}),
        (ValueError, "a fragment has neither ports", API, DB, {"fragment": True, "port": 1}),
        (TypeError, "a question about TCP needs `port`", API, DB, {}),
        (TypeError, "port must be a number or the name of a port, not float", API, DB, {"port": 1.0}),
        (TypeError, "port must be a number or the name of a port, not bool", API, DB, {"port": True}),
        (TypeError, "protocol must be a name such as `TCP` or a number, not bytes", API, DB, {"port": 1, "protocol": b"TCP"}),
        (TypeError, "source must be `namespace/name`, a netpol.Endpoint, or an IP address, not int", 5, DB, {"port": 1}),
        (TypeError, "destination must be `namespace/name`.* not NoneType", API, None, {"port": 1}),
        (TypeError, "not netpol._names.ObjectName", netpol.ObjectName("Pod", "shop", "api"), DB, {"port": 1}),
        (TypeError, "icmp must be a tuple of type and code, not int", API, DB, {"protocol": "ICMP", "icmp": 8}),
        (ValueError, "is no ICMP type and code", API, DB, {"protocol": "ICMP", "icmp": (256, 0)}),
        (ValueError, "has a zone", ipaddress.ip_address("fe80::1%eth0"), DB, {"port": 1}),
    ],
)
def test_what_has_no_answer(
    error: type[Exception], message: str, source: Any, destination: Any, arguments: Any
) -> None:
    for ask in (ENGINE.decide, ENGINE.attribute, ENGINE.explain):
        with pytest.raises(error, match=message):
            ask(source, destination, **arguments)


def test_directions_are_two() -> None:
    with pytest.raises(ValueError, match="direction must be `ingress` or `egress`, not `in`"):
        ENGINE.decide(API, DB, port=1, direction="in")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="direction must be"):
        ENGINE.decide(API, DB, port=1, direction=1)  # type: ignore[arg-type]


def test_errors_carry_what_may_have_been_meant() -> None:
    with pytest.raises(netpol.UnknownEndpointError) as unknown:
        ENGINE.endpoint("shop/dbb")
    assert unknown.value.similar == ("shop/db", "shop/web")
    assert "did you mean `shop/db` or `shop/web`?" in str(unknown.value)
    assert isinstance(unknown.value, (LookupError, netpol.QuestionError))
    cluster = shop.cluster()
    cluster.apply("""
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: shop},
     spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}}}
    """)
    engine = cluster.publish()
    with pytest.raises(netpol.AmbiguousEndpointError) as ambiguous:
        engine.decide(API, DB, port=1)
    assert ambiguous.value.candidates == ("pod/shop/db", "deployment/shop/db")
    # What answers name is never ambiguous.
    for endpoint in engine.endpoints():
        assert engine.endpoint(endpoint) == endpoint

"""What holds of every cluster, whatever its policies: drawn at random."""

from __future__ import annotations

import ipaddress
import pickle
from typing import Any

import netpol
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import shop

NAMES = ["a", "b", "c", "d"]
ADDRESSES = [f"10.0.0.{number}" for number in range(1, 5)]
OUTSIDE = ["192.0.2.1", "192.0.2.129", "203.0.113.9"]
PORTS = [22, 80, 443]

selectors: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.sampled_from(NAMES).map(lambda name: {"matchLabels": {"app": name}}),
    st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(
        lambda names: {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": names}]}
    ),
)
peers = st.one_of(
    selectors.map(lambda selector: {"podSelector": selector}),
    selectors.map(lambda selector: {"namespaceSelector": {}, "podSelector": selector}),
    st.sampled_from(
        [
            {"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.128/25"]}},
            {"ipBlock": {"cidr": "0.0.0.0/0"}},
        ]
    ),
)
ports = st.lists(st.sampled_from(PORTS).map(lambda port: {"port": port}), max_size=2)
rules = st.fixed_dictionaries({"peers": st.lists(peers, max_size=2), "ports": ports})


@st.composite
def policies(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for number in range(draw(st.integers(0, 3))):
        ingress = [{"from": r["peers"], "ports": r["ports"]} for r in draw(st.lists(rules, max_size=2))]
        egress = [{"to": r["peers"], "ports": r["ports"]} for r in draw(st.lists(rules, max_size=2))]
        types = draw(st.sampled_from([["Ingress"], ["Egress"], ["Ingress", "Egress"]]))
        spec: dict[str, Any] = {"podSelector": draw(selectors), "policyTypes": types}
        if "Ingress" in types:
            spec["ingress"] = ingress
        if "Egress" in types:
            spec["egress"] = egress
        made.append(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": f"p{number}", "namespace": "shop"},
                "spec": spec,
            }
        )
    return made


def cluster(made: list[dict[str, Any]]) -> netpol.Cluster:
    found = netpol.Cluster()
    pods = [shop.pod(name, address) for name, address in zip(NAMES, ADDRESSES, strict=True)]
    found.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, *pods, *made])
    return found


def every_flow() -> list[tuple[str, str, int]]:
    ends = ADDRESSES + OUTSIDE
    return [(a, b, port) for a in ends for b in ends for port in PORTS]


checked = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@checked
@given(policies())
def test_every_way_to_ask_gives_the_same_verdict(made: list[dict[str, Any]]) -> None:
    engine = cluster(made).publish()
    flows = every_flow()
    single = [engine.decide(a, b, port=port).is_allow for a, b, port in flows]
    numbers = {
        "source": np.array([int(ipaddress.ip_address(a)) for a, _, _ in flows], np.uint32),
        "destination": np.array([int(ipaddress.ip_address(b)) for _, b, _ in flows], np.uint32),
        "port": np.array([port for _, _, port in flows], np.uint16),
    }
    texts = pa.table(
        {
            "source": [a for a, _, _ in flows],
            "destination": pa.array([b for _, b, _ in flows]).dictionary_encode(),
            "port": [port for _, _, port in flows],
        }
    )
    for form in (numbers, texts):
        assert engine.decide_batch(form).tolist() == single
        table = engine.attribute_batch(form)
        assert table["verdict"].tolist() == single
    again = pickle.loads(pickle.dumps(engine))
    assert again.decide_batch(numbers).tolist() == single
    for port in PORTS:
        for end in ADDRESSES:
            reach = engine.sources_of(end, port=port)
            for row, (a, b, asked) in enumerate(flows):
                if (b, asked) == (end, port):
                    owner = engine.owner(a)
                    other: object = ipaddress.ip_address(a) if owner is None else owner
                    assert (other in reach) == single[row]


@checked
@given(policies(), st.lists(st.sampled_from(NAMES), unique=True), st.sampled_from(PORTS))
def test_a_service_is_its_backends(made: list[dict[str, Any]], chosen: list[str], port: int) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "some", "namespace": "shop"},
        "spec": {"selector": {"chosen": "yes"}, "ports": [{"port": 8080, "targetPort": port}]},
    }
    with_labels = cluster([*made, service])
    for name in chosen:
        pod = shop.pod(name, ADDRESSES[NAMES.index(name)])
        pod["metadata"]["labels"]["chosen"] = "yes"
        with_labels.upsert(pod)
    engine = with_labels.publish()
    for source in ADDRESSES + OUTSIDE:
        if not chosen:
            with pytest.raises(netpol.ServiceError) as nobody:
                engine.decide_service(source, "svc/shop/some", port=8080)
            assert nobody.value.code == "noBackends"
            continue
        backends = engine.backends(source, "svc/shop/some", port=8080)
        told = {(str(one.endpoint), one.port) for one in backends}
        assert told == {(f"shop/{name}", port) for name in chosen}
        verdicts = {
            str(engine.decide(source, f"shop/{name}", port=port, via_service=True)) for name in chosen
        }
        expected = verdicts.pop() if len(verdicts) == 1 else "mixed"
        assert engine.decide_service(source, "svc/shop/some", port=8080) == expected


@checked
@given(policies(), policies())
def test_changes_are_told(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> None:
    made = cluster(first)
    before = made.publish()
    made.replace_all("NetworkPolicy", second)
    after = made.publish()
    flows = every_flow()
    columns = {
        "source": [a for a, _, _ in flows],
        "destination": [b for _, b, _ in flows],
        "port": [port for _, _, port in flows],
    }
    old, new = before.decide_batch(columns), after.decide_batch(columns)
    changes = after.changes_since(before)
    assert after.recheck(changes, columns, old).tolist() == np.flatnonzero(old != new).tolist()
    touched = changes.touches_batch(columns)
    assert not (~touched & (old != new)).any()
    for (a, b, _), expected in zip(flows, touched, strict=True):
        assert changes.touches(a, b) == expected


@checked
@given(policies(), st.randoms(use_true_random=False))
def test_order_means_nothing(made: list[dict[str, Any]], random: Any) -> None:
    engine = cluster(made).publish()
    shuffled = list(made)
    random.shuffle(shuffled)
    other = cluster(shuffled)
    assert other.publish().save() == engine.save()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.one_of(st.text(), st.binary()))
def test_no_text_does_harm(text: str | bytes) -> None:
    made = netpol.Cluster()
    before = made.save()
    try:
        made.apply(text)
    except netpol.RefusedError as refused:
        assert made.save() == before
        assert refused.errors
    else:
        made.publish()
    try:
        netpol.Engine.restore(text if isinstance(text, bytes) else text.encode())
    except netpol.SavedError:
        pass
    engine = netpol.Cluster().publish()
    name = text if isinstance(text, str) else text.decode("latin-1")
    try:
        engine.decide(name, "192.0.2.1", port=name or 1)
    except (netpol.QuestionError, ValueError):
        pass

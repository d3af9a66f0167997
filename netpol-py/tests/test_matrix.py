"""Who reaches whom: every cell against `Engine.decide`."""

from __future__ import annotations

import ipaddress
import pickle
from collections import Counter
from typing import Any

import netpol
import pytest
from hypothesis import given
from hypothesis import strategies as st
from netpol import Access, Matrix, MatrixPort, ObjectName

from . import shop
from .matrices import (
    POLICIES,
    checked,
    decided,
    engines,
    expected,
    pairs,
    policy,
    twins,
    workload,
)


def check(found: Matrix) -> None:
    """Every cell of a matrix against the engine, pair by pair."""
    for row, source in enumerate(found.sources):
        for column, destination in enumerate(found.destinations):
            everything = set()
            for number, port in enumerate(found.ports):
                verdicts = [decided(found.engine, *pair, port) for pair in pairs(source, destination)]
                everything.update(verdicts)
                access = list(Access)[found.access_by_port[number, row, column]]
                assert access is expected(set(verdicts)), (source, destination, port)
                cell = found.cell(row, column).ports[number]
                assert (cell.allowed, cell.denied, cell.unanswered) == tuple(
                    verdicts.count(one) for one in (True, False, None)
                )
                told = {explanation.verdict.is_allow for explanation in cell.explanations}
                assert told == {one for one in verdicts if one is not None}
                assert (cell.reason is not None) == (None in verdicts)
            assert found[row, column] is expected(everything)
    assert (found.allowed == (found.access == 1)).all()


OPTIONS = [
    netpol.Options(),
    netpol.Options(host_network_pods="treatAsPod"),
    netpol.Options(own_node_egress=True),
    netpol.Options(self_traffic=False),
]


@pytest.mark.parametrize(
    ("options", "group_by"),
    [*((option, "endpoint") for option in OPTIONS), (OPTIONS[0], lambda endpoint: endpoint.name[0])],
)
@pytest.mark.parametrize(
    "made", POLICIES, ids=lambda made: made[0]["metadata"]["name"] if made else "open"
)
def test_what_tells_ends_apart(
    options: netpol.Options, made: list[dict[str, Any]], group_by: Any
) -> None:
    check(netpol.matrix(twins(made, options), port=[80, "postgres"], group_by=group_by, nodes=True))


@checked
@given(engines(), st.sampled_from(["endpoint", "workload", "labels", "namespace"]), st.booleans())
def test_every_cell_is_what_the_engine_decides(
    engine: netpol.Engine, group_by: Any, nodes: bool
) -> None:
    check(netpol.matrix(engine, port=[80, "http", "http/UDP"], group_by=group_by, nodes=nodes))


@checked
@given(engines(), st.data())
def test_chosen_ends(engine: netpol.Engine, data: st.DataObject) -> None:
    names = [*map(str, engine.endpoints()), "10.0.0.0/28", "10.0.0.1", "192.0.2.0/24", "fd00::1"]
    chosen = st.lists(st.sampled_from(names), min_size=1, unique=True)
    sources, destinations = data.draw(chosen), data.draw(chosen)
    try:
        found = netpol.matrix(engine, port=80, sources=sources, destinations=destinations)
    except ValueError as error:
        assert "is an endpoint's" in str(error)
    else:
        check(found)


def outside(found: Matrix) -> list[netpol.MatrixGroup]:
    return [group for group in found.sources if group.kind == "prefix"]


@checked
@given(engines(), st.data())
def test_prefixes_stand_for_all_their_addresses(engine: netpol.Engine, data: st.DataObject) -> None:
    found = netpol.matrix(engine, port=80, group_by="endpoint")
    group = data.draw(st.sampled_from(outside(found)))
    assert group.network is not None
    first, last = (int(group.network[place]) for place in (0, -1))
    numbers = st.one_of(st.integers(first, last), st.sampled_from([first, last]))
    address = type(group.network[0])(data.draw(numbers))
    narrower = [other.network for other in outside(found) if other.network != group.network]
    inside = [
        other
        for other in narrower
        if other and address in other and other.prefixlen > group.network.prefixlen
    ]
    in_pod_range = address in ipaddress.ip_network("10.0.0.0/24")
    is_node = address in map(ipaddress.ip_address, ("10.9.0.1", "10.9.0.2"))
    if inside or engine.owner(address) or in_pod_range or is_node or address.is_loopback:
        return
    for other in found.sources:
        if other.kind == "endpoints":
            for source, destination, asked in (
                (group, other, (address, other.endpoints[0])),
                (other, group, (other.endpoints[0], address)),
            ):
                try:
                    verdict = Access.ALL if engine.decide(*asked, port=80).is_allow else Access.NONE
                except netpol.QuestionError:
                    verdict = Access.UNANSWERED
                assert found[source, destination] is verdict, asked


def replicas(count: int, name: str = "web", **labels: str) -> list[dict[str, Any]]:
    """Pods as a Deployment makes them."""
    made = []
    for number in range(count):
        pod = shop.pod(
            f"{name}-6f7d9-{'bcdfg'[number]}2x4z", f"10.1.{sum(map(ord, name)) % 250}.{number + 1}"
        )
        pod["metadata"]["labels"] = {"app": name, "pod-template-hash": "6f7d9", **labels}
        made.append(pod)
    return made


def names(engine: netpol.Engine, **arguments: Any) -> list[str]:
    found = netpol.matrix(engine, port=80, prefixes=False, **arguments)
    return [f"{group} {len(group)}" for group in found.sources]


def test_replicas_are_one_row() -> None:
    stateful = [shop.pod(f"db-{number}", f"10.2.0.{number + 1}") for number in range(3)]
    for number, pod in enumerate(stateful):
        pod["metadata"]["labels"] = {"app": "db", "statefulset.kubernetes.io/pod-name": f"db-{number}"}
    alone = [shop.pod("debug", "10.3.0.1"), shop.pod("job-1", "10.3.0.2")]
    engine = netpol.loads(shop.NAMESPACE, *replicas(3), *replicas(1, "api"), *stateful, *alone)
    assert names(engine) == ["shop/api 1", "shop/db 3", "shop/debug 1", "shop/job-1 1", "shop/web 3"]
    assert names(engine, group_by="namespace") == ["shop 9"]
    assert len(names(engine, group_by="endpoint")) == 9
    assert names(engine, group_by="labels") == names(engine)
    assert names(engine, group_by=lambda endpoint: endpoint.name[0]) == ["a 1", "d 4", "j 1", "w 3"]
    with pytest.raises(ValueError, match="group_by must be workload, labels, namespace, endpoint"):
        netpol.matrix(engine, port=80, group_by="owner")  # type: ignore[arg-type]


def test_the_selector_of_a_workload_says_which_pods_are_its_own() -> None:
    pods = [
        shop.pod(name, f"10.1.0.{number}") for number, name in enumerate(("blue", "green", "other"), 1)
    ]
    for pod in pods[:2]:
        pod["metadata"]["labels"]["app"] = "web"
    engine = netpol.loads(shop.NAMESPACE, workload("frontend", "web"), *pods)
    assert names(engine) == ["shop/frontend 2", "shop/other 1"]


def test_groups_of_one_name_are_told_apart() -> None:
    old, new = replicas(2, track="stable"), replicas(2, "webs", track="canary")
    for pod in new:
        pod["metadata"]["name"] = pod["metadata"]["name"].replace("webs-6f7d9", "web-777")
        pod["metadata"]["labels"] |= {"app": "web", "pod-template-hash": "777"}
    engine = netpol.loads(shop.NAMESPACE, *old, *new, workload("web", "nothing"))
    assert names(engine) == [
        "deployment/shop/web 1",
        "pod/shop/web (track=canary) 2",
        "pod/shop/web (track=stable) 2",
    ]


def test_names_of_cells() -> None:
    engine = netpol.loads(shop.NAMESPACE, *replicas(3), shop.pod("db", "10.2.0.1"), shop.POLICY)
    found = netpol.matrix(engine, port="postgres")
    web = found.sources[1]
    assert web.name == "shop/web" and not web.is_external
    ways: list[Any] = [
        "shop/web",
        web,
        web.endpoints[0],
        str(web.endpoints[1]),
        "pod/" + str(web.endpoints[2]),
    ]
    for way in ways:
        assert found[way, "shop/db"] is Access.NONE and found.index(way, "shop/db") == (1, 0)
    assert found[1, 0] is Access.NONE
    outside = found.sources[2]
    assert outside.network == ipaddress.ip_network("192.0.2.0/24") and outside.is_external
    assert found["192.0.2.0/24", "shop/db"] is found[outside.network, "shop/db"] is Access.ALL
    assert found["192.0.2.128/25", "shop/db"] is Access.NONE
    for wrong in ("shop/api", "10.9.9.9", ipaddress.ip_address("10.9.9.9")):
        with pytest.raises(netpol.UnknownEndpointError, match="is in none of the groups"):
            found[wrong, "shop/db"]
    with pytest.raises(IndexError):
        found[7, 0]
    cell = found.cell("shop/web", "shop/db")
    assert cell.ports[0].denied == 3 and cell.reason is None
    assert str(cell).startswith(
        "shop/web -> shop/db: none\nTCP postgres: 3 pairs, 3 denied; for example:\ndeny\n"
    )


def test_what_has_no_answer_says_why() -> None:
    found = netpol.matrix(shop.engine(), port=["nothing", 80], group_by="endpoint")
    cell = found.cell("shop/api", "shop/web")
    assert (cell.access, cell.ports[0].access) == (Access.SOME, Access.UNANSWERED)
    assert cell.reason == "`shop/web` declares no TCP port named `nothing`"
    assert not found.allowed[found.index("shop/api", "shop/web")]
    families = found.cell("shop/web", "shop/six").ports[1]
    assert families.reason == "`shop/web` and `shop/six` have no address of the same family"


def test_ports() -> None:
    engine = shop.engine()
    found = netpol.matrix(engine, port=[5432, "5432", "postgres", "5432/UDP", "postgres/sctp", 5432])
    assert found.ports == (
        MatrixPort(5432, "TCP"),
        MatrixPort("postgres", "TCP"),
        MatrixPort(5432, "UDP"),
        MatrixPort("postgres", "SCTP"),
    )
    assert netpol.matrix(engine, port=53, protocol=17).ports == (MatrixPort(53, "UDP"),)
    for port, protocol, error in (
        ([], None, "at least one port"),
        (65536, None, "port 65536 is not in 0 to 65535"),
        (80, "ICMP", "TCP, UDP or SCTP"),
        ("80/icmp", None, "TCP, UDP or SCTP"),
        ("", None, "must not be empty"),
    ):
        with pytest.raises(ValueError, match=error):
            netpol.matrix(engine, port=port, protocol=protocol)
    for wrong in (None, 1.5, [None], True, [b"80"]):
        with pytest.raises(TypeError):
            netpol.matrix(engine, port=wrong)  # type: ignore[arg-type]


def test_ends() -> None:
    engine = shop.engine()
    found = netpol.matrix(
        engine, port=80, sources="shop/*", destinations=["shop/db", "10.0.0.3", "10.0.0.0/8"]
    )
    assert [str(group) for group in found.sources] == ["shop/api", "shop/db", "shop/six", "shop/web"]
    assert [group.kind for group in found.destinations] == ["endpoints", "address", "prefix"]
    assert [group.is_external for group in found.destinations] == [False, False, True]
    assert netpol.matrix(engine, port=80, sources=engine.endpoints()[:1]).shape[0] == 1
    for wrong, error in (
        ("shop/nobody", "no endpoint `shop/nobody`"),
        ("nowhere/*", "no endpoint matches `nowhere/\\*`"),
        ("10.0.0.3/32", "every address of 10.0.0.3/32 is an endpoint's"),
        ("svc/shop/db", "no Service `shop/db`"),
    ):
        with pytest.raises(ValueError, match=error):
            netpol.matrix(engine, port=80, sources=[wrong])
    with pytest.raises(TypeError, match="an end must be"):
        netpol.matrix(engine, port=80, sources=[5])  # type: ignore[list-item]


def test_services() -> None:
    engine = shop.with_services()
    found = netpol.matrix(engine, port=15432, services=True, group_by="endpoint")
    assert [group.name for group in found.destinations[-2:]] == ["svc/shop/all", "svc/shop/db"]
    assert len(found.sources) == len(found.destinations) - 2
    ways = {"allow": Access.ALL, "deny": Access.NONE, "mixed": Access.SOME}
    for source in found.sources:
        end = source.endpoints[0] if source.endpoints else source.members[0].addresses[0]
        for service in found.destinations[-2:]:
            try:
                access = ways[engine.decide_service(end, service.name, port=15432)]
            except netpol.QuestionError:
                access = Access.UNANSWERED
            assert found[source, service] is access, (source, service)
    accesses = {found[source, "svc/shop/all"] for source in found.sources[:4]}
    assert accesses == {Access.ALL, Access.SOME, Access.UNANSWERED}
    cell = found.cell("shop/web", "svc/shop/all").ports[0]
    assert (cell.allowed, cell.denied, cell.unanswered, len(cell.explanations)) == (2, 1, 0, 1)
    assert "2 of 3 backends may be reached" in str(cell)
    named = netpol.matrix(engine, port="pg", destinations="service/shop/db", group_by="namespace")
    assert named.destinations[0].name == "svc/shop/db" and not named.destinations[0].is_external
    whole = named.cell("shop", "svc/shop/db")
    counts = [whole.ports[0].allowed, whole.ports[0].denied, whole.ports[0].unanswered]
    # The database itself is led back to itself by its Service, which policies judge.
    assert whole.access is Access.SOME and counts == [1, 3, 0]
    every = netpol.matrix(engine, port=80, destinations=["svc/shop/*", ObjectName("Service", "shop", "db")])
    assert [group.name for group in every.destinations] == ["svc/shop/all", "svc/shop/db"]
    with pytest.raises(ValueError, match="is a Service, which sends nothing"):
        netpol.matrix(engine, port=80, sources="svc/shop/db")
    for wrong, message in (
        ("svc/shop/dbs", "no Service `shop/dbs`; did you mean `shop/db`"),
        ("svc/x/*", "matches no Service"),
    ):
        with pytest.raises(netpol.ServiceError, match=message):
            netpol.matrix(engine, port=80, destinations=wrong)


def service(name: str, **selector: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": selector, "ports": [{"port": 8000, "targetPort": 80}]},
    }


@checked
@given(engines(), st.sampled_from(["endpoint", "labels", "namespace"]))
def test_services_are_to_every_source_what_the_engine_says(engine: netpol.Engine, group_by: Any) -> None:
    cluster = netpol.Cluster.restore(engine.save())
    # No policy hears of what the last one selects by: others are like its only backend.
    cluster.apply([service("web", app="web"), service("db", app="db"), service("one", unheard="1")])
    engine = cluster.publish()
    found = netpol.matrix(engine, port=8000, services=True, nodes=True, group_by=group_by)
    words = {"allow": Access.ALL, "deny": Access.NONE, "mixed": Access.SOME}
    for column, name in enumerate(("db", "one", "web"), len(found.destinations) - 3):
        for row, source in enumerate(found.sources):
            accesses, counts = set(), Counter[str]()
            for member in source.members:
                end = member.endpoint or member.addresses[0]
                try:
                    known = engine.explain_service(end, f"svc/shop/{name}", port=8000)
                except netpol.QuestionError:
                    accesses.add(Access.UNANSWERED)
                    counts["unanswered"] += 1
                    continue
                accesses.add(words[known.verdict])
                counts.update(str(one.verdict) for one in known.backends)
            expected = accesses.pop() if len(accesses) == 1 else Access.SOME
            cell = found.cell(row, column)
            assert cell.access is expected, (source, name)
            told = cell.ports[0]
            assert (told.allowed, told.denied, told.unanswered) == (
                counts["allow"],
                counts["deny"],
                counts["unanswered"],
            )


def test_a_backend_is_to_itself_what_it_is_to_nobody_else() -> None:
    closed = policy("closed", policyTypes=["Ingress"])
    engine = twins([closed, service("one", unheard="a")], netpol.Options(service_hairpin=True))
    ask: dict[str, Any] = {"port": 8000, "sources": ["shop/a", "shop/alike"], "destinations": "svc/shop/one"}
    found = netpol.matrix(engine, **ask, group_by="endpoint")
    assert found.access.tolist() == [[1], [0]]
    whole = netpol.matrix(engine, **ask, group_by="namespace").cell(0, 0).ports[0]
    assert (whole.access, whole.allowed, whole.denied) == (Access.SOME, 1, 1)


def test_nodes_are_told_apart_where_a_backend_is_on_one() -> None:
    closed = policy("closed", policyTypes=["Egress"])
    engine = twins([closed, service("one", unheard="host")], netpol.Options(own_node_egress=True))
    ends = ["shop/a", "shop/on-another-node"]
    found = netpol.matrix(engine, port=8000, sources=ends, destinations="svc/shop/one", group_by="endpoint")
    assert found.access.tolist() == [[1], [0]]


def test_it_is_frozen_and_pickled() -> None:
    found = netpol.matrix(shop.engine(), port=5432)
    with pytest.raises(ValueError, match="read-only"):
        found.access[0, 0] = 1
    with pytest.raises(AttributeError):
        found.ports = ()  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(found))
    assert (again.access == found.access).all() and again.sources == found.sources
    assert str(again.cell("shop/web", "shop/db")) == str(found.cell("shop/web", "shop/db"))


def test_many_endpoints_of_few_kinds_cost_few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thousand pods, ten kinds: the engine is asked about kinds."""
    pods = [shop.pod(f"p-{number}", f"10.{number // 250}.1.{number % 250}") for number in range(2000)]
    for number, pod in enumerate(pods):
        pod["metadata"]["labels"] = {"app": "db" if number % 10 == 0 else "api", "unheard": str(number)}
    engine = netpol.loads(shop.NAMESPACE, *pods, shop.POLICY)
    asked: list[int] = []
    judge = netpol._matrix._judge.Judge
    judged = judge.pairs

    def counted(self: Any, sources: Any, destinations: Any) -> Any:
        asked.append(len(sources))
        return judged(self, sources, destinations)

    monkeypatch.setattr(judge, "pairs", counted)
    found = netpol.matrix(engine, port=5432, group_by="endpoint")
    assert found.shape[0] > 2000 and sum(asked) < 5000
    assert (found.count("all"), found.count("none")) == (
        # Everybody to the 1,800 that are open, the 1,800 and themselves to the 200 that are not.
        2003 * 1800 + 2000 * 3 + 200 * 1801 + 200,
        200 * 199 + 200 * 2,
    )

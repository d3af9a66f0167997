"""What a change opens and closes, against what the engines decide before and after."""

from __future__ import annotations

import copy
import json
from typing import Any

import netpol
import pytest
from hypothesis import given
from hypothesis import strategies as st
from netpol import MatrixChange, MatrixChanges

from . import shop
from .matrices import checked, decided, engines, pairs, policies


def became(changes: MatrixChanges, row: int, column: int) -> MatrixChange:
    return list(MatrixChange)[int(changes.changes[row, column])]


def expected(changes: MatrixChanges, row: int, column: int) -> MatrixChange:
    """What became of a cell, pair by pair."""
    source, destination = changes.sources[row], changes.destinations[column]
    opened = closed = other = False
    for port in changes.before.ports:
        for pair in pairs(source, destination):
            old, new = (
                decided(matrix.engine, *pair, port) for matrix in (changes.before, changes.after)
            )
            opened |= (old, new) == (False, True)
            closed |= (old, new) == (True, False)
            other |= (old is None) != (new is None)
    if other or opened and closed:
        return MatrixChange.OTHER
    return MatrixChange.OPENED if opened else MatrixChange.CLOSED if closed else MatrixChange.SAME


@checked
@given(engines(), policies(), st.sampled_from(["endpoint", "namespace"]))
def test_changes_are_those_of_the_verdicts(
    engine: netpol.Engine, made: list[dict[str, Any]], group_by: Any
) -> None:
    cluster = netpol.Cluster.restore(engine.save())
    before = cluster.publish()
    cluster.replace_all("NetworkPolicy", made)
    after = cluster.publish()
    changes = netpol.matrix(before, port=[80, "http"], group_by=group_by).diff(after)
    assert not changes.added and not changes.removed
    different = False
    for row in range(len(changes.sources)):
        for column in range(len(changes.destinations)):
            found = became(changes, row, column)
            assert found is expected(changes, row, column), (
                changes.sources[row],
                changes.destinations[column],
            )
            different |= found is not MatrixChange.SAME
    assert bool(changes) == different
    assert len(list(changes.rows())) == sum(
        changes.count(change) for change in MatrixChange
    ) - changes.count("same")
    changes.to_text(color=False, width=80)


def replaced(policy: str) -> tuple[netpol.Engine, netpol.Engine]:
    cluster = shop.cluster()
    before = cluster.publish()
    after = copy.copy(cluster)
    after.delete("NetworkPolicy", "db", namespace="shop")
    if policy:
        after.apply(policy)
    return before, after.publish()


def test_prefixes_of_both_are_told_apart() -> None:
    before, after = replaced(shop.POLICY.replace("192.0.2.128/25", "192.0.2.0/26"))
    changes = netpol.matrix(before, port=5432, destinations="shop/db").diff(
        netpol.matrix(after, port=5432, destinations="shop/db")
    )
    assert [str(source) for source, _ in changes.opened()] == ["192.0.2.128/25"]
    assert [str(source) for source, _ in changes.closed()] == ["192.0.2.0/26"]
    assert not changes.added and not changes.removed
    assert changes.to_dict()["changes"] == [
        {
            "source": "192.0.2.0/26",
            "destination": "shop/db",
            "change": "closed",
            "before": "all",
            "after": "none",
        },
        {
            "source": "192.0.2.128/25",
            "destination": "shop/db",
            "change": "opened",
            "before": "none",
            "after": "all",
        },
    ]
    json.dumps(changes.to_dict())


def test_text() -> None:
    before, after = replaced("")
    changes = netpol.matrix(before, port=5432, prefixes=False).diff(after)
    assert changes and changes.to_text(color=False, width=80) == (
        "TCP 5432: + opened 2\n\n           1\nshop/six   +\nshop/web   +\n\n1  shop/db"
    )
    assert str(changes) == changes.to_text(color=False)
    assert "\x1b[1;33m+\x1b[0m" in changes.to_text(color=True)
    same = netpol.matrix(before, port=5432).diff(before)
    assert not same and same.to_text() == "TCP 5432: nothing is opened, nothing is closed"


def test_who_came_and_who_went() -> None:
    cluster = shop.cluster()
    before = cluster.publish()
    cluster.delete("Pod", "web", namespace="shop")
    cluster.apply(shop.pod("new", "10.0.0.9"))
    changes = netpol.matrix(before, port=5432, prefixes=False).diff(cluster.publish())
    assert [group.name for group in changes.added] == ["shop/new"]
    assert [group.name for group in changes.removed] == ["shop/web"]
    assert not changes, "that somebody came or went opens nothing"
    text = changes.to_text(color=False)
    assert "+ shop/new came\n- shop/web went" in text
    absent = [(row[0], row[3], row[4]) for row in changes.rows() if row[1] == "shop/db"]
    assert absent == [("shop/new", "", "none"), ("shop/web", "none", "")]


def test_replicas_are_one_row_however_many_there_are() -> None:
    def of(count: int) -> netpol.Engine:
        pods = [
            shop.pod(f"web-6f7d9-{'bcdf'[number]}2x4z", f"10.1.0.{number + 1}")
            for number in range(count)
        ]
        for pod in pods:
            pod["metadata"]["labels"] = {"app": "web", "pod-template-hash": "6f7d9"}
        return netpol.loads(shop.NAMESPACE, *pods, shop.pod("db", "10.0.0.1"), shop.POLICY)

    changes = netpol.matrix(of(1), port=5432).diff(of(3))
    assert not changes and not changes.added and not changes.removed


def test_services() -> None:
    before, after = shop.with_services(), shop.with_services(shop.POLICY.replace("app: api", "app: web"))
    asked = netpol.matrix(before, port=15432, destinations=["svc/shop/all", "svc/shop/db"])
    changes = asked.diff(after)
    assert [(str(a), str(b)) for a, b in changes.opened()] == [
        ("shop/web", "svc/shop/all"),
        ("shop/web", "svc/shop/db"),
    ]
    assert [(str(a), str(b)) for a, b in changes.closed()] == [
        ("shop/api", "svc/shop/all"),
        ("shop/api", "svc/shop/db"),
    ]
    assert not netpol.matrix(before, port=15432, services=True).diff(shop.with_services())
    changes.to_html()


def test_different_questions_are_not_compared() -> None:
    engine = shop.engine()
    with pytest.raises(ValueError, match="about different ports"):
        netpol.matrix(engine, port=80).diff(netpol.matrix(engine, port=81))

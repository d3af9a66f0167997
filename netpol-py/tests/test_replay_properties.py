"""What holds of every replay: it is what its rows are one by one, however they are shared out."""

from __future__ import annotations

import random
from typing import Any, Literal

import netpol
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from netpol._replay import tally as tallies
from netpol._replay.faults import REASONS, Faults
from netpol._replay.judging import Change
from netpol._replay.layouts import Layout
from netpol._replay.tables import finished

from . import replays
from .test_properties import cluster, policies

Rows = list[dict[str, Any]]

logs = st.lists(replays.rows, max_size=40)
ways: st.SearchStrategy[Literal["skip", "turn", "keep"]] = st.sampled_from(["skip", "turn", "keep"])
calmly = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def engines(before: Rows, after: Rows) -> tuple[netpol.Engine, netpol.Engine]:
    return cluster(before).publish(), cluster(after).publish()


def table(log: Rows) -> pa.Table:
    schema = pa.schema([(name, pa.string()) for name in replays.COLUMNS])
    return pa.Table.from_pylist(log, schema=schema)


@calmly
@given(policies(), policies(), logs, ways)
def test_a_replay_is_its_rows(before: Rows, after: Rows, log: Rows, replies: Any) -> None:
    pair = engines(before, after)
    found = netpol.replay(table(log), *pair, columns="vpc", replies=replies, ends="endpoint")
    expected = replays.naive(log, *pair, replies)
    totals = found.totals
    assert totals.unread == len(expected["unread"]) == sum(one.count for one in found.unread)
    places = [place.row for one in found.unread for place in one.places]
    assert set(places) <= set(expected["unread"])
    assert len(places) == sum(min(one.count, 10) for one in found.unread)
    for name in ("rows", "judged", "replies", "guessed_replies", "no_data", "gaps", "allowed_before", "allowed_after"):
        assert getattr(totals, name) == expected["counts"][name], name
    made = {}
    for group in found.groups:
        key = (str(group.effect), group.source, group.destination, group.protocol, group.port, group.before, group.after)
        assert key not in made
        made[key] = group
    assert set(made) == set(expected["groups"])
    for key, naive in expected["groups"].items():
        group = made[key]
        assert group.flows == naive["flows"]
        assert group.example.place.row == naive["rows"][0]
        for name in ("packets", "bytes", "recorded_allow", "recorded_deny"):
            assert getattr(group, name) == naive.get(name), name
        for name in ("first", "last"):
            moment = getattr(group, name)
            assert (moment and moment.timestamp()) == naive.get(name), name


@calmly
@given(policies(), policies(), logs, ways, st.integers(1, 50), st.randoms(use_true_random=False))
def test_however_it_is_shared_out(
    before: Rows, after: Rows, log: Rows, replies: Any, size: int, chance: random.Random
) -> None:
    """By batches, and by parts that are added up in any order and in any grouping."""
    pair = engines(before, after)
    whole = netpol.replay(table(log), *pair, columns="vpc", replies=replies)
    assert netpol.replay(table(log), *pair, columns="vpc", replies=replies, batch_rows=size) == whole
    change = Change(before=pair[0], after=pair[1], replies=replies)
    reading = change.reading(Layout.of("vpc"))
    cuts = sorted(chance.choices(range(len(log) + 1), k=chance.randrange(6)))
    pieces = []
    for part, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(log)], strict=True)):
        batch = table(log[start:end]).combine_chunks().to_batches()
        tally = change.nothing()
        tally.parts[part] = 0
        for one in batch:
            tally.merge(change.judge(reading, one, np.arange(one.num_rows), part))
        pieces.append(tally)
    chance.shuffle(pieces)
    while len(pieces) > 1:
        one = pieces.pop(chance.randrange(len(pieces)))
        other = pieces.pop(chance.randrange(len(pieces)))
        one.merge(other)
        pieces.append(one)
    assert finished(pieces[0], None) == whole


def test_many_groups_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups are made one now and then, and at last."""
    united = []
    make = tallies.united

    def counted(given: list[Any]) -> Any:
        united.append(len(given))
        return make(given)

    monkeypatch.setattr(tallies, "united", counted)
    total = tallies.Tally(10)
    row = {name: None for name in tallies.SCHEMA.names}
    rows = [row | {"effect": "blocked", "source": f"s{number % 7}", "flows": 1, "part": 0, "row": number} for number in range(40_000)]
    batch = pa.Table.from_pylist(rows, schema=tallies.SCHEMA)
    for _ in range(5):
        total.add_groups(batch)
    assert united, "not only at the end"
    groups = total.groups().to_pylist()
    assert sorted(group["source"] for group in groups) == [f"s{number}" for number in range(7)]
    assert sum(group["flows"] for group in groups) == 200_000
    assert {group["source"]: group["row"] for group in groups} == {f"s{number}": number for number in range(7)}


def test_reasons_without_end() -> None:
    """Not more are kept than may be, none is lost, and it does not matter who met them."""
    names = [f"reason-{chr(97 + number % 26)}{chr(97 + number // 26 % 26)}{chr(97 + number // 676)}" for number in range(5_000)]
    chance = random.Random(5)
    rows = [(chance.choice(names), place) for place in range(20_000)]
    found = []
    for count in (1, 3, 50):
        parts = [Faults() for _ in range(count)]
        for name, place in rows:
            parts[chance.randrange(count)].add("source", name, (0, place))
        chance.shuffle(parts)
        total = Faults()
        for part in parts:
            total.merge(part)
        assert total.count == len(rows)
        found.append([(column, fault.detail, fault.count, fault.places) for column, fault in total.found()])
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == REASONS + 1
    assert found[0][-1][1] == "other reasons"

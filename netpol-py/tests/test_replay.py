"""What a replay finds, what it refuses, and how it is told."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netpol
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from netpol._replay.layouts import FIELDS, PRESETS, Layout

from . import shop
from .flow_logs import AFTER, BEFORE, HEADER, LINES, effects, version_5


def test_rows_that_mean_no_flow() -> None:
    """Each is told with what the engine says of it, however many there are and in whatever form."""
    many = 20_000
    flows = {
        "source": [f"pod-{number}" for number in range(many)] + ["10.0.0.2", "shop/gone", None, "10.0.0.2", "10.0.0.2", "fd00::2"],
        "destination": ["10.0.0.1"] * many + [None, "10.0.0.1", "10.0.0.1", "shop/nobody", "10.0.0.1", "10.0.0.1"],
        "port": [5432] * many + [5432, 5432, 5432, 5432, 70_000, 5432],
    }
    found = netpol.replay(flows, BEFORE, AFTER)
    assert {(one.column, one.count, one.places[0].row): one.detail for one in found.unread} == {
        ("source", many, 0): "`pod-0` does not name an endpoint: write `namespace/name` or `kind/namespace/name`",
        ("destination", 1, many): "there is no value",
        ("source", 1, many + 1): "no endpoint `shop/gone`: no live pod has this name, and no workload whose pods are absent",
        ("source", 1, many + 2): "there is no value",
        ("destination", 1, many + 3): "no endpoint `shop/nobody`: no live pod has this name, and no workload whose pods are absent",
        ("port", 1, many + 4): "70000 is no port: 0 to 65535",
        ("destination", 1, many + 5): "10.0.0.1 is not of the family of fd00::2",
    }
    packed = {
        "source": pa.array([b"\x0a\0\0\2", b"12345", None], pa.binary()),
        "destination": pa.array([167772161, -1, 167772161], pa.int64()),
        "port": [5432] * 3,
    }
    found = netpol.replay(packed, BEFORE, AFTER)
    assert effects(found) == [("blocked", "shop/api", "shop/db", "TCP", 5432, 1)]
    assert [(one.column, one.detail) for one in found.unread] == [
        ("source", "there is no value"),
        ("source", "5 bytes are no address: 4 or 16"),
    ]


def test_replies() -> None:
    flows = {
        "srcaddr": ["10.0.0.2", "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"],
        "dstaddr": ["10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.2", "10.0.0.2"],
        "srcport": [41000, 5432, 5432, 5432, 50000],
        "dstport": [5432, 41000, 41000, 41000, 41000],
        "protocol": 5 * [6],
        # A request; a reply that says so; one that is guessed; a request from a low port; nobody knows.
        "tcp-flags": [2, 18, 0, 3, 0],
    }
    skipped = netpol.replay(flows, BEFORE, AFTER)
    assert (skipped.totals.judged, skipped.totals.replies, skipped.totals.guessed_replies) == (3, 2, 1)
    assert effects(skipped) == [("blocked", "shop/api", "shop/db", "TCP", 5432, 1)]
    turned = netpol.replay(flows, BEFORE, AFTER, replies="turn")
    assert (turned.totals.judged, turned.totals.replies, turned.totals.guessed_replies) == (5, 2, 1)
    assert effects(turned) == [("blocked", "shop/api", "shop/db", "TCP", 5432, 3)]
    assert turned.blocked[0].example.source_port == 41000
    kept = netpol.replay(flows, BEFORE, AFTER, replies="keep")
    assert (kept.totals.judged, kept.totals.replies) == (5, 0)
    columns = netpol.FlowColumns(source="srcaddr", destination="dstaddr", port="dstport", protocol="protocol")
    assert netpol.replay(flows, BEFORE, AFTER, columns=columns).totals.replies == 0, "nothing to tell them by"
    with pytest.raises(ValueError, match="needs port and source_port"):
        netpol.replay(
            {"source": ["10.0.0.1"], "destination": ["10.0.0.2"], "port": [5432], "reply": [True]},
            BEFORE, AFTER, replies="turn",
        )


def test_too_many_groups() -> None:
    flows = {
        "source": [f"192.0.2.{number}" for number in range(100)],
        "destination": ["10.0.0.1"] * 100,
        "port": [5432] * 100,
    }
    found = netpol.replay(flows, BEFORE, AFTER, outside=(32, 128))
    assert len(found.groups) == 100
    assert netpol.replay(flows, BEFORE, AFTER, outside=(0, 0)).blocked[0].source == "0.0.0.0/0"
    with pytest.raises(netpol.TooManyGroupsError, match="more than 99 groups of flows: .* or raise max_groups"):
        netpol.replay(flows, BEFORE, AFTER, outside=(32, 128), max_groups=99)
    assert len(netpol.replay(flows, BEFORE, AFTER, max_groups=1).groups) == 1


def test_ends_that_are_counted_together() -> None:
    cluster = shop.cluster()
    pods = {
        "web-7d4b9c8d6f-x2x5z": "web-*", "web-7d4b9c8d6f-bbbbb": "web-*", "web-6cc9c7b4d9-zzzzz": "web-*",
        "db-0": "db-*", "db-12": "db-*", "agent-kx9fd": "agent-*", "plain": "plain", "kube-proxy": "kube-proxy",
        "x-00": "x-*", "report-29368800-h6xqp": "report-*",
    }
    cluster.apply([shop.pod(name, f"10.0.1.{place}") for place, name in enumerate(pods, 1)])
    before = cluster.publish()
    deny = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "no", "namespace": "shop"}, "spec": {"podSelector": {}}}
    cluster.apply(deny)
    after = cluster.publish()
    names = [f"shop/{name}" for name in pods]
    flows = {"source": names, "destination": ["shop/web"] * len(names), "port": [80] * len(names)}
    found = netpol.replay(flows, before, after)
    assert {group.source for group in found.blocked} == {f"shop/{name}" for name in pods.values()}
    assert sum(group.flows for group in found.blocked) == len(names)
    alone = netpol.replay(flows, before, after, ends="endpoint")
    assert {group.source for group in alone.blocked} == set(names)
    (all_of_it,) = netpol.replay(flows, before, after, ends="namespace").blocked
    assert (all_of_it.source, all_of_it.destination, all_of_it.flows) == ("shop/*", "shop/*", len(names))


def test_presets() -> None:
    for name, columns in PRESETS.items():
        assert netpol.FlowColumns.preset(name) is columns
        assert name in (netpol.FlowColumns.preset.__doc__ or "")
        assert Layout.of(name).required == {"source", "destination"}
    assert set(FIELDS) <= set(netpol.FlowColumns.__dataclass_fields__)
    with pytest.raises(ValueError, match="must name source and destination"):
        netpol.replay({}, BEFORE, AFTER, columns=netpol.FlowColumns(source="a", destination=None))


def write(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def test_what_is_no_log(tmp_path: Path) -> None:
    def refused(flows: Any, **arguments: Any) -> str:
        with pytest.raises((netpol.FlowLogError, ValueError, TypeError)) as caught:
            netpol.replay(flows, BEFORE, AFTER, **arguments)
        assert not isinstance(caught.value, pa.ArrowException)
        return str(caught.value)

    assert "has none that are known as the ends of a flow; it has a, b" in refused({"a": [1], "b": [2]})
    assert "no column `src` to read source from; there are source, destination" in refused(
        {"source": ["10.0.0.1"], "destination": ["10.0.0.1"]}, columns={"source": "src"}
    )
    assert "no column `from` is read; there are source, destination" in refused({}, columns={"from": "source"})
    assert "no columns are known by the name `aws`" in refused({}, columns="aws")
    assert "format is for files" in refused({"source": []}, format="csv")
    assert "format must be one of csv, json" in refused("flows.csv", format="xml")
    assert "flows must be paths, a table" in refused(5)
    assert "of Arrow tables, not of int" in refused([1, 2])
    assert "not values of type bool" in refused({"source": [True], "destination": ["10.0.0.1"], "port": [1]})
    ends = {"source": ["10.0.0.1"], "destination": ["10.0.0.1"]}
    assert "port must hold numbers, not values of type list" in refused(ends | {"port": [[1]]})
    assert "reply must hold truth values or words" in refused(ends | {"port": [1], "reply": [1.5]})
    for name, value in (("ends", "pod"), ("replies", "drop")):
        assert f"{name} must be" in refused(ends, **{name: value})
    for outside in ((33, 64), (24, 129), (24,)):
        assert "outside must be two lengths" in refused(ends, outside=outside)
    for name in ("max_groups", "batch_rows", "threads"):
        assert f"{name} must be 1 or more" in refused(ends, **{name: 0})
    with pytest.raises(TypeError, match="after must be an Engine, not str"):
        netpol.replay(ends, BEFORE, "after")  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        netpol.replay(tmp_path / "nothing.csv", BEFORE, AFTER)
    assert "matches no file" in refused(str(tmp_path / "*.csv"))
    assert "no flow logs are in the directory" in refused(tmp_path)
    assert "its name does not tell what is in it" in refused(write(tmp_path / "flows.bin", b"x"))
    for name, content in (
        ("cut.csv.gz", gzip.compress(LINES.encode() * 100)[:-20]),
        ("not.parquet", b"PAR1 and nothing"),
        ("not.arrow", b"nothing at all"),
        ("latin.csv", b"source,destination,port\n\xe9,10.0.0.1,1\n"),
        ("long.jsonl", b'{"source": "' + b"x" * (70 << 20)),
        ("words.json", b"hello\nworld\n"),
    ):
        message = refused(write(tmp_path / name, content))
        assert message.startswith(str(tmp_path / name)), message


def test_progress(tmp_path: Path) -> None:
    told: list[netpol.ReplayProgress] = []
    pq.write_table(version_5(), tmp_path / "a.parquet")
    pq.write_table(version_5(), tmp_path / "b.parquet")
    netpol.replay(tmp_path, BEFORE, AFTER, progress=told.append)
    assert [(one.rows, one.total_rows) for one in told] == [(4, 8), (8, 8)]
    assert told[-1].bytes == told[-1].total_bytes
    (tmp_path / "c.csv").write_text("source,destination,port\n" + "10.0.0.2,10.0.0.1,5432\n" * 1_000_000)
    told.clear()
    netpol.replay(tmp_path / "c.csv", BEFORE, AFTER, progress=told.append)
    assert len(told) > 2 and told[-1].rows == 1_000_000
    assert all(one.total_rows is None and one.bytes is not None for one in told)
    assert [one.bytes for one in told] == sorted(one.bytes or 0 for one in told)
    assert told[-1].bytes == told[-1].total_bytes == (tmp_path / "c.csv").stat().st_size


def test_the_bar_is_for_terminals(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pq.write_table(version_5(), tmp_path / "a.parquet")
    netpol.replay(tmp_path, BEFORE, AFTER, progress=True)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    netpol.replay(tmp_path, BEFORE, AFTER, progress=True)
    out, error = capsys.readouterr()
    assert out == "" and "100%" in error and "4.00/4.00" in error


def test_logs_are_never_held_whole() -> None:
    """An endless stream of batches is read as far as it goes."""
    table = version_5()
    alive: list[int] = [0, 0]

    class Counted:
        def __init__(self, batch: Any) -> None:
            self.batch = batch
            alive[0] += 1
            alive[1] = max(alive)

        def __del__(self) -> None:
            alive[0] -= 1

        def __arrow_c_array__(self, requested_schema: object | None = None) -> object:
            return self.batch.__arrow_c_array__(requested_schema)

    def stream() -> Iterator[Counted]:
        for _ in range(200):
            yield Counted(table.to_batches()[0])

    found = netpol.replay(stream(), BEFORE, AFTER, batch_rows=4)
    assert found.totals.rows == 800
    assert alive[1] < 10


def test_what_a_replay_is_printed_as(tmp_path: Path) -> None:
    path = tmp_path / "flows.log"
    path.write_text(HEADER + "\n" + LINES)
    found = netpol.replay(path, BEFORE, AFTER)
    assert str(found).replace(str(path), "flows.log") == """\
10 rows: 4 judged, 1 reply, 1 without data, 1 gap in the log, 3 that could not be read
blocked: 3 flows in 2 groups
  192.0.2.0/24 -> shop/db TCP 5432: 2 flows, 3.0 kB, 2014-12-14 04:06:49Z to 2014-12-14 04:08:00Z
    before: ingress ruleMatches, NetworkPolicy shop/db spec.ingress[0]
    after:  ingress noRuleMatches, NetworkPolicy shop/db
    first:  192.0.2.7:41000 -> 10.0.0.1 (flows.log row 8); 1 recorded as refused
  shop/api -> shop/db TCP 5432: 1 flow, 1.0 kB, 2014-12-14 04:06:50Z to 2014-12-14 04:07:50Z
    before: ingress ruleMatches, NetworkPolicy shop/db spec.ingress[0]
    after:  ingress noRuleMatches, NetworkPolicy shop/db
    first:  10.0.0.2:41000 -> 10.0.0.1 (flows.log row 0)
opened: 1 flow in 1 group
  shop/web -> shop/db TCP 5432: 1 flow, 60 B, 2014-12-14 04:06:52Z to 2014-12-14 04:07:52Z
    before: ingress noRuleMatches, NetworkPolicy shop/db
    after:  ingress ruleMatches, NetworkPolicy shop/db spec.ingress[0]
    first:  10.0.0.3:41001 -> 10.0.0.1 (flows.log row 2); 1 recorded as refused
refused, though the policies allow it: 1 flow in 1 group
  192.0.2.0/24 -> shop/db TCP 5432: 1 flow, 2.0 kB, 2014-12-14 04:06:49Z to 2014-12-14 04:08:00Z
    before: ingress ruleMatches, NetworkPolicy shop/db spec.ingress[0]
    first:  192.0.2.9:41000 -> 10.0.0.1 (flows.log row 9)
could not be read:
  1  port: `http` is no whole number (flows.log row 6)
  1  row: 6 columns, where there are 14 (flows.log row 5)
  1  source: `10.0.0.300` does not name an endpoint: write `namespace/name` or `kind/namespace/name` (flows.log row 7)"""
    plain = found.to_dict()
    assert plain == json.loads(found.to_json())
    assert plain["groups"][0]["first"] == "2014-12-14T04:06:49Z"
    assert plain["groups"][0]["example"]["place"] == {"row": 8, "file": str(path)}
    assert plain["totals"]["allowedBefore"] == 3
    for made in (found.to_arrow(), pa.table(found)):
        assert made.num_rows == 4
        assert made["effect"].to_pylist() == ["blocked", "blocked", "opened", "dropped"]
    assert found.to_frame()["flows"].tolist() == [2, 1, 1, 1]
    assert pl.DataFrame(found)["example_row"].to_list() == [8, 0, 2, 9]
    assert found.flows("blocked") == 3 and found.flows(netpol.Effect.PASSED) == 0
    nothing = netpol.replay({"source": [], "destination": [], "port": []}, BEFORE, AFTER)
    assert str(nothing) == "0 rows: 0 judged\nblocked: none\nopened: none"
    assert nothing.to_arrow().schema == found.to_arrow().schema

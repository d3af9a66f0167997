"""Flow logs of every kind, as files and as tables of every library."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import netpol
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from netpol._replay.layouts import FIELDS, PRESETS, Layout

from . import shop

BEFORE = shop.engine()


def _after() -> netpol.Engine:
    cluster = shop.cluster()
    cluster.apply("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: db, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress:
          - from: [{podSelector: {matchLabels: {app: web}}}]
    """)
    return cluster.publish()


AFTER = _after()

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end "
    "action log-status"
)
LINES = """\
2 1 eni-1 10.0.0.2 10.0.0.1 41000 5432 6 10 1000 1418530010 1418530070 ACCEPT OK
2 1 eni-1 10.0.0.1 10.0.0.2 5432 41000 6 8 900 1418530011 1418530071 ACCEPT OK
2 1 eni-1 10.0.0.3 10.0.0.1 41001 5432 6 1 60 1418530012 1418530072 REJECT OK
2 1 eni-1 - - - - - - - 1418530010 1418530070 - NODATA
2 1 eni-1 - - - - - - - 1418530010 1418530070 - SKIPDATA
2 1 eni-1 10.0.0.2 10.0.0.1 41000
2 1 eni-1 10.0.0.2 10.0.0.1 41000 http 6 10 1000 1418530010 1418530070 ACCEPT OK
2 1 eni-1 10.0.0.300 10.0.0.1 41000 5432 6 10 1000 1418530010 1418530070 ACCEPT OK
2 1 eni-1 192.0.2.7 10.0.0.1 41000 5432 6 10 1000 1418530010 1418530070 ACCEPT OK
2 1 eni-1 192.0.2.9 10.0.0.1 41000 5432 6 20 2000 1418530009 1418530080 REJECT OK
"""


def effects(found: netpol.Replay) -> list[tuple[str, str, str, str, int | None, int]]:
    return [
        (str(group.effect), group.source, group.destination, group.protocol, group.port, group.flows)
        for group in found.groups
    ]


VPC = [
    ("blocked", "192.0.2.0/24", "shop/db", "TCP", 5432, 2),
    ("blocked", "shop/api", "shop/db", "TCP", 5432, 1),
    ("opened", "shop/web", "shop/db", "TCP", 5432, 1),
    ("dropped", "192.0.2.0/24", "shop/db", "TCP", 5432, 1),
]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("header", [False, True], ids=["bare", "header"])
def test_text_of_vpc_flow_logs(tmp_path: Path, header: bool, compressed: bool) -> None:
    text = (HEADER + "\n" if header else "") + LINES
    path = tmp_path / ("flows.log.gz" if compressed else "flows.log")
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    found = netpol.replay(path, BEFORE, AFTER)
    assert effects(found) == VPC
    assert found.totals == netpol.ReplayTotals(
        rows=10, judged=4, replies=1, guessed_replies=1, no_data=1, gaps=1, unread=3, allowed_before=3, allowed_after=1
    )
    assert [(one.column, one.count, [place.row for place in one.places]) for one in found.unread] == [
        ("port", 1, [6]),
        ("row", 1, [5]),
        ("source", 1, [7]),
    ]
    assert found.unread[1].detail == "6 columns, where there are 14"
    assert {place.file for one in found.unread for place in one.places} == {str(path)}
    outside = found.blocked[0]
    assert outside.example == netpol.FlowExample("192.0.2.7", "10.0.0.1", 41000, netpol.FlowPlace(8, str(path)))
    assert (outside.packets, outside.bytes) == (30, 3000)
    assert (outside.recorded_allow, outside.recorded_deny) == (1, 1)
    assert outside.first == datetime.datetime(2014, 12, 14, 4, 6, 49, tzinfo=datetime.UTC)
    assert outside.last == datetime.datetime(2014, 12, 14, 4, 8, tzinfo=datetime.UTC)
    assert str(outside.before) == "ingress ruleMatches, NetworkPolicy shop/db spec.ingress[0]"
    assert str(outside.after) == "ingress noRuleMatches, NetworkPolicy shop/db"
    assert found.drift[0].after is None


def test_lines_with_too_few_columns_do_not_move_the_others(tmp_path: Path) -> None:
    """The places of rows are right however the text is cut into blocks."""
    path = tmp_path / "flows.csv"
    lines = ["source,destination,port"]
    broken = {3, 4, 50_000, 199_999}
    wrong = {2, 5, 49_999, 150_001}
    for number in range(200_000):
        source = "no one" if number in wrong else "10.0.0.9"
        lines.append("x" if number in broken else f"{source},10.0.0.1,5432")
    path.write_text("\n".join(lines))
    for rows in (1 << 18, 10_000):
        found = netpol.replay(path, BEFORE, AFTER, batch_rows=rows)
        assert found.totals.rows == 200_000 and found.totals.unread == 8
        places = {one.column: [place.row for place in one.places] for one in found.unread}
        assert places == {"row": sorted(broken), "source": sorted(wrong)}


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("source,destination,port\n10.0.0.2,10.0.0.1,5432", []),
        ("Source,DESTINATION,Port\r\n10.0.0.2,10.0.0.1,5432\r\n\r\nx\r\n10.0.0.2,10.0.0.1,x\r\n", [1, 2]),
        ("\ufeffsource,destination,port\n10.0.0.2,10.0.0.1,5432\n", []),
        ('"source";"destination";"port"\n10.0.0.2;10.0.0.1;5432\n', []),
        ("source\tdestination\tport\n10.0.0.2\t10.0.0.1\t5432\n", []),
        ("source|destination|port|port\n10.0.0.2|10.0.0.1|5432|22\n", []),
        ('source,destination,port,"what,ever"\n10.0.0.2,10.0.0.1,5432,"x ""y"""\n', []),
        ("source,destination,port\n10.0.0.2,10.0.0.1,5432\n10.0.0.2,10.0.0.1," + "9" * 5_000, [1]),
        ("source,destination,port\n10.0.0.2,10.0.0.1,5432\n\0,10.0.0.1,5432\n", [1]),
        ("source,destination,port\n10.0.0.2,10.0.0.1,5432\n" + "x" * 5_000 + ",10.0.0.1,5432\n", [1]),
    ],
)
def test_spellings_of_csv(tmp_path: Path, text: str, unread: list[int]) -> None:
    path = tmp_path / "flows.csv"
    path.write_bytes(text.encode())
    found = netpol.replay(path, BEFORE, AFTER)
    assert effects(found) == [("blocked", "shop/api", "shop/db", "TCP", 5432, 1)]
    assert sorted(place.row for one in found.unread for place in one.places) == unread
    assert all(len(one.detail) <= 300 for one in found.unread)


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


def version_5() -> pa.Table:
    return pa.table({
        "srcaddr": ["10.0.9.9", "10.0.0.3", "10.0.9.9", "192.0.2.1"],
        "pkt_srcaddr": ["10.0.0.2", None, "10.0.0.1", "192.0.2.1"],
        "dstaddr": ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"],
        "pkt_dstaddr": ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"],
        "srcport": pa.array([50000, 50001, 5432, 50002], pa.int32()),
        "dstport": pa.array([5432, 5432, 50000, 5432], pa.int32()),
        "protocol": pa.array([6] * 4, pa.int32()),
        "tcp_flags": pa.array([2, 2, 18, 0], pa.int32()),
        "bytes": pa.array([1, 2, 3, 4], pa.int64()),
        "start": pa.array([1000, 2000, 3000, 4000], pa.int64()),
        "action": ["ACCEPT", "REJECT", "ACCEPT", "ACCEPT"],
        "log_status": ["OK"] * 4,
        "vpc_id": ["vpc-1"] * 4,
    })


VERSION_5 = [
    ("blocked", "192.0.2.0/24", "shop/db", "TCP", 5432, 1),
    ("blocked", "shop/api", "shop/db", "TCP", 5432, 1),
    ("opened", "shop/web", "shop/db", "TCP", 5432, 1),
]


def tables() -> list[Any]:
    table = version_5()
    dictionaries = table.set_column(1, "pkt_srcaddr", table["pkt_srcaddr"].dictionary_encode())
    return [
        table,
        pa.concat_tables([table[:1], table[1:1], table[1:]]),
        dictionaries,
        table.to_batches()[0],
        table.to_reader(max_chunksize=1),
        pyarrow.dataset.dataset(table),
        pl.DataFrame(table),
        pl.DataFrame(dictionaries),
        table.to_pandas(),
        table.to_pandas(types_mapper=pd.ArrowDtype),
        duckdb.from_arrow(table),
        [table[:2], pl.DataFrame(table[2:])],
        (batch for batch in table.to_batches(max_chunksize=1)),
        {name: table[name].to_pylist() for name in table.column_names},
    ]


@pytest.mark.parametrize("table", tables(), ids=lambda table: f"{type(table).__module__}-{type(table).__name__}")
def test_tables_of_every_library(table: Any) -> None:
    found = netpol.replay(table, BEFORE, AFTER)
    assert effects(found) == VERSION_5
    assert [group.example.place for group in found.groups] == [netpol.FlowPlace(row) for row in (3, 0, 1)]
    assert found.blocked[0].bytes == 4
    assert found.totals.replies == 1


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        (np.array([0x0A000002, 0x0A000003], np.uint32), np.array([0x0A000001] * 2, np.uint32)),
        (pa.array([b"\x0a\0\0\x02", b"\x0a\0\0\x03"], pa.binary(4)), pa.array([b"\x0a\0\0\x01"] * 2)),
        (pa.array([167772162.0, 167772163.0]), pa.array([167772161] * 2, pa.int64())),
        (["shop/api", "shop/web"], ["shop/db"] * 2),
        (pa.array(["10.0.0.2", "10.0.0.3"], pa.large_string()), pa.array(["shop/db"] * 2, pa.string_view())),
    ],
)
@pytest.mark.parametrize("protocol", [["tcp", "TCP"], [6, 6], None])
def test_forms_of_columns(source: Any, destination: Any, protocol: Any) -> None:
    flows = {"from": source, "to": destination, "dport": ["5432", "5432"]}
    columns = {"source": "from", "destination": "to", "port": "dport"}
    if protocol is not None:
        flows["proto"], columns["protocol"] = protocol, "proto"
    found = netpol.replay(flows, BEFORE, AFTER, columns=columns)
    assert effects(found) == [
        ("blocked", "shop/api", "shop/db", "TCP", 5432, 1),
        ("opened", "shop/web", "shop/db", "TCP", 5432, 1),
    ]


@pytest.mark.parametrize(
    ("start", "unit"),
    [
        ([1000, 2000], "s"),
        ([1000_000, 2000_000], "ms"),
        ([1000_000_000, 2000_000_000], "us"),
        ([1000_000_000_000, 2000_000_000_000], "ns"),
        (["1000", "2000"], "s"),
        (["1000.0", "2000.0"], "s"),
        ([1000.0, 2000.0], "s"),
        (["1970-01-01T00:16:40Z", "1970-01-01T00:33:20Z"], "s"),
        (["1970-01-01 00:16:40", "1970-01-01 00:33:20"], "s"),
        (["1970-01-01T02:16:40+02:00", "2000"], "s"),
        (["1970-01-01T00:16:40.000000000Z", "1970-01-01T00:33:20Z"], "s"),
        (pa.array([1000, 2000], pa.timestamp("s")), "s"),
        (pa.array([1000, 2000], pa.timestamp("s", "Europe/Vienna")), "s"),
        (np.array([1000, 2000], "datetime64[s]"), "s"),
    ],
)
def test_forms_of_times(start: Any, unit: Any) -> None:
    columns = netpol.FlowColumns(source="source", destination="destination", port="port", start="time", time_unit=unit)
    flows = {"source": ["10.0.0.2"] * 2, "destination": ["10.0.0.1"] * 2, "port": [5432] * 2, "time": start}
    group = netpol.replay(flows, BEFORE, AFTER, columns=columns).blocked[0]
    assert group.first and group.last
    assert (group.first.timestamp(), group.last.timestamp()) == (1000, 2000)


@pytest.mark.parametrize("value", ["noon", "99999-01-01", 1e300, 1 << 62, "1" * 30])
def test_times_that_are_none(value: Any) -> None:
    flows = {"source": ["10.0.0.2"], "destination": ["10.0.0.1"], "port": [5432], "start": [value]}
    found = netpol.replay(flows, BEFORE, AFTER)
    assert (found.totals.judged, found.unread[0].column) == (0, "start")
    assert "is no time" in found.unread[0].detail


HUBBLE: list[dict[str, Any]] = [
    {
        "flow": {
            "time": "2026-01-01T00:00:00.123456789Z",
            "verdict": "FORWARDED",
            "IP": {"source": "10.0.0.2", "destination": "10.0.0.1", "ipVersion": "IPv4"},
            "l4": {"TCP": {"source_port": 5000, "destination_port": 5432, "flags": {"SYN": True}}},
            "source": {"namespace": "shop", "pod_name": "gone-x", "labels": ["a"], "workloads": [{"name": "api", "kind": "Pod"}]},
            "destination": {"namespace": "shop", "pod_name": "db"},
            "is_reply": False,
        },
        "node_name": "n",
        "time": "2026-01-01T00:00:00.123456789Z",
    },
    {
        "flow": {
            "time": "2026-01-01T00:00:01Z",
            "verdict": "FORWARDED",
            "IP": {"source": "10.0.0.1", "destination": "10.0.0.2"},
            "l4": {"TCP": {"source_port": 5432, "destination_port": 5000}},
            "source": {"namespace": "shop", "pod_name": "db", "workloads": []},
            "destination": {"namespace": "shop", "pod_name": "api"},
            "is_reply": True,
        },
    },
    {"lost_events": {"source": "HUBBLE_RING_BUFFER", "num_events_lost": "2"}},
    {"node_status": {"state_change": "NODE_CONNECTED", "node_names": ["n"]}},
    {
        "flow": {
            "time": "2026-01-01T00:00:02Z",
            "verdict": "DROPPED",
            "IP": {"source": "10.0.0.3", "destination": "10.0.0.1"},
            "l4": {"ICMPv4": {"type": 8}},
            "source": {"identity": 2},
            "destination": {"namespace": "shop", "pod_name": "db"},
        },
    },
]
FROM_HUBBLE = [
    ("blocked", "shop/api", "shop/db", "TCP", 5432, 1),
    ("opened", "shop/web", "shop/db", "ICMP", None, 1),
]


def json_lines(objects: list[Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in objects)


def test_hubble(tmp_path: Path) -> None:
    path = tmp_path / "flows.json"
    path.write_text(json_lines(HUBBLE))
    found = netpol.replay(path, BEFORE, AFTER)
    assert effects(found) == FROM_HUBBLE
    assert (found.totals.rows, found.totals.replies, found.totals.gaps, found.totals.no_data) == (5, 1, 1, 1)
    assert found.blocked[0].example.source == "Pod/shop/api", "the pod is gone, its workload is not"
    assert found.opened[0].example.source == "10.0.0.3"
    first = found.blocked[0].first
    assert first is not None and first.isoformat() == "2026-01-01T00:00:00.123456+00:00"
    # Without the responses that flows come in, as older versions print them.
    path.write_text(json_lines([one["flow"] for one in HUBBLE if "flow" in one]))
    assert effects(netpol.replay(path, BEFORE, AFTER, format="hubble")) == FROM_HUBBLE


def test_lines_that_are_no_json(tmp_path: Path) -> None:
    """They are counted, and the others are read as ever, one by one."""
    path = tmp_path / "flows.jsonl"
    lines = json_lines(HUBBLE).splitlines()
    path.write_text("\n".join([lines[0], "{not json", "", "[1]", *lines[1:], "[" * 100_000]))
    found = netpol.replay(path, BEFORE, AFTER)
    assert effects(found) == FROM_HUBBLE
    assert (found.totals.rows, found.totals.replies, found.totals.gaps, found.totals.no_data) == (8, 1, 1, 1)
    assert sorted(place.row for one in found.unread for place in one.places) == [1, 2, 7]
    assert all(one.column == "row" and one.detail.startswith("not a JSON object") for one in found.unread)


def test_json_of_all_sorts(tmp_path: Path) -> None:
    """Numbers among texts, and structures where there are none."""
    path = tmp_path / "flows.ndjson"
    path.write_text(json_lines([
        {"source": "10.0.0.2", "destination": "10.0.0.1", "port": 5432, "bytes": 5, "reply": False},
        {"source": "10.0.0.2", "destination": "10.0.0.1", "port": "5432", "bytes": "6", "reply": "false"},
        {"source": {"ip": "10.0.0.2"}, "destination": "10.0.0.1", "port": [5432]},
        {"destination": "10.0.0.1", "port": 5432},
        {},
    ]))
    found = netpol.replay(path, BEFORE, AFTER)
    assert effects(found) == [("blocked", "shop/api", "shop/db", "TCP", 5432, 2)]
    assert found.blocked[0].bytes == 11
    assert found.totals.unread == 3


def test_calico_and_google(tmp_path: Path) -> None:
    calico = tmp_path / "calico.json"
    calico.write_text(json_lines([
        {
            "start_time": 1700000000, "end_time": 1700000060, "action": "allow", "proto": "tcp", "reporter": "dst",
            "source_ip": None, "source_name": "api", "source_namespace": "shop",
            "dest_ip": "10.0.0.1", "dest_name": "db", "dest_namespace": "shop", "dest_port": 5432,
        },
        {
            "start_time": 1700000000, "end_time": 1700000060, "action": "deny", "proto": "tcp",
            "source_ip": "10.0.0.3", "source_name": "-", "source_namespace": "-",
            "dest_ip": "10.0.0.1", "dest_name": "-", "dest_namespace": "shop", "dest_port": 5432,
        },
    ]))
    expected = [
        ("blocked", "shop/api", "shop/db", "TCP", 5432, 1),
        ("opened", "shop/web", "shop/db", "TCP", 5432, 1),
    ]
    assert effects(netpol.replay(calico, BEFORE, AFTER)) == expected
    google = tmp_path / "google.json"
    connection = {"src_ip": "10.0.0.2", "src_port": 43000, "dest_ip": "10.0.0.1", "dest_port": 5432, "protocol": 6}
    back = {"src_ip": "10.0.0.1", "src_port": 5432, "dest_ip": "10.0.0.2", "dest_port": 43000, "protocol": 6}
    google.write_text(json_lines([
        {"jsonPayload": {"connection": one, "bytes_sent": "1234", "start_time": "2026-01-01T00:00:00.1Z"}}
        for one in (connection, back)
    ]))
    found = netpol.replay(google, BEFORE, AFTER)
    assert effects(found) == expected[:1]
    assert (found.blocked[0].bytes, found.totals.guessed_replies) == (1234, 1)


def test_files_of_every_form(tmp_path: Path) -> None:
    table = version_5()
    folder = tmp_path / "logs" / "2026"
    folder.mkdir(parents=True)
    pq.write_table(table, folder / "a.parquet", row_group_size=2)
    with pa.OSFile(str(folder / "b.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    with pa.OSFile(str(folder / "c.arrows"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    table.to_pandas().to_csv(folder / "d.csv.bz2", index=False)
    table.to_pandas().to_csv(folder / "e.tsv", index=False, sep="\t")
    table.to_pandas().to_json(folder / "f.jsonl.gz", orient="records", lines=True)
    (folder / "README.md").write_text("not a log")
    (folder / "_SUCCESS.csv").write_text("not a log")
    (folder / "empty.csv").write_text("")
    (folder / "header.csv").write_text("source,destination,port\n")
    names = [*"abcdef"]
    logs = sorted(folder.glob("[a-f].*"))
    for paths in (tmp_path, str(tmp_path / "**" / "[a-f].*"), logs, iter(logs)):
        found = netpol.replay(paths, BEFORE, AFTER)
        assert effects(found) == [(*one[:-1], len(names)) for one in VERSION_5]
        assert found.totals.rows == 4 * len(names) and found.totals.unread == 0
        assert found.blocked[0].example.place == netpol.FlowPlace(3, str(folder / "a.parquet"))


def test_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEADER + "\n" + LINES
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(text.encode()))))
    found = netpol.replay("-", BEFORE, AFTER, format="vpc")
    assert effects(found) == VPC
    assert {place.file for one in found.unread for place in one.places} == {"-"}


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

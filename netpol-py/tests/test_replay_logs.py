"""Flow logs of every kind, as files and as tables of every library."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import sys
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

from .flow_logs import AFTER, BEFORE, HEADER, LINES, effects, json_lines, version_5

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

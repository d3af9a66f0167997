"""Tables of flows: every form that columns come in, and rows that mean no flow."""

from __future__ import annotations

import ipaddress
import random
from typing import Any

import duckdb
import netpol
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from . import shop

ENGINE = shop.engine()
SOURCES = ["10.0.0.2", "10.0.0.3", "192.0.2.1", "192.0.2.129"]
EXPECTED = [True, False, True, False]
NUMBERS = [int(ipaddress.ip_address(text)) for text in SOURCES]
BYTES = [ipaddress.ip_address(text).packed for text in SOURCES]
DB = int(ipaddress.ip_address("10.0.0.1"))


@pytest.mark.parametrize(
    "source",
    [
        np.array(NUMBERS, np.uint32),
        np.array(NUMBERS, np.int64),
        np.array(NUMBERS, np.uint64),
        np.array(NUMBERS, ">u4"),
        np.array(NUMBERS, np.float64),
        np.repeat(np.array(NUMBERS, np.uint32), 2)[::2],
        np.array(SOURCES),
        np.array(SOURCES, ">U15"),
        np.array(SOURCES, "S15"),
        np.array(SOURCES, dtype=object),
        np.array(BYTES, "V4"),
        np.frombuffer(b"".join(BYTES), np.uint8).reshape(4, 4),
        np.array([ipaddress.ip_address(text) for text in SOURCES]),
        np.ma.MaskedArray(np.array(NUMBERS, np.uint32), [False] * 4),
        SOURCES,
        NUMBERS,
        ["shop/api", netpol.Endpoint("shop", "web"), ipaddress.ip_address("192.0.2.1"), NUMBERS[3]],
        pa.array(NUMBERS, pa.uint32()),
        pa.array(SOURCES),
        pa.array(SOURCES, pa.large_string()),
        pa.array(SOURCES, pa.string_view()),
        pa.array(SOURCES).dictionary_encode(),
        pa.array(BYTES, pa.binary(4)),
        pa.array(BYTES, pa.binary()),
        pa.array(BYTES, pa.large_binary()),
        pa.array(BYTES, pa.binary_view()),
        pa.array(["::ffff:" + text for text in SOURCES]),
        pl.Series(NUMBERS, dtype=pl.UInt32),
        pl.Series(SOURCES),
        pd.Series(SOURCES),
        pd.Series(NUMBERS),
    ],
    ids=lambda value: f"{type(value).__module__.split('.')[0]}-{getattr(value, 'dtype', getattr(value, 'type', ''))}",
)
def test_forms_of_ends(source: Any) -> None:
    for destination in (DB, "shop/db", "10.0.0.1", ipaddress.ip_address("10.0.0.1")):
        flows = {"source": source, "destination": destination, "port": 5432}
        verdicts = ENGINE.decide_batch(flows)
        assert verdicts.dtype == np.bool_
        assert verdicts.tolist() == EXPECTED
    turned = {"source": "shop/web", "destination": source, "port": 5432}
    assert ENGINE.decide_batch(turned).tolist() == [True] * 4


def test_sixteen_bytes() -> None:
    packed = [ipaddress.ip_address(text).packed for text in ("fd00::2", "fd00::4")]
    for source in (
        np.array(packed, "V16"),
        np.frombuffer(b"".join(packed), np.uint8).reshape(2, 16),
        pa.array(packed, pa.binary(16)),
    ):
        flows = {"source": source, "destination": "fd00::1", "port": np.uint16(5432)}
        assert ENGINE.decide_batch(flows).tolist() == [True, False]


@pytest.mark.parametrize(
    "port",
    [
        np.array([5432, 22], np.uint16),
        np.array([5432.0, 22.0]),
        ["postgres", 22],
        np.array(["postgres", "22"]),
        pa.array(["postgres", "22"]).dictionary_encode(),
        pa.array([5432, 22], pa.int32()),
        pd.array([5432, 22], dtype="Int64"),
    ],
)
def test_forms_of_ports(port: Any) -> None:
    for destination in ("shop/db", "10.0.0.1"):
        flows = {"source": "10.0.0.2", "destination": destination, "port": port}
        assert ENGINE.decide_batch(flows).tolist() == [True, False]


@pytest.mark.parametrize(
    "protocol",
    [
        np.array([6, 17], np.uint8),
        np.array([6, 17]),
        ["TCP", "udp"],
        ["6", "17"],
        pa.array(["tcp", "UDP"]).dictionary_encode(),
        pa.array([6, 17], pa.uint8()),
    ],
)
def test_forms_of_protocols(protocol: Any) -> None:
    flows = {"source": ["10.0.0.2"] * 2, "destination": "shop/db", "port": 5432, "protocol": protocol}
    assert ENGINE.decide_batch(flows).tolist() == [True, False]


def test_icmp_and_fragments() -> None:
    flows = {
        "source": "shop/api",
        "destination": ["shop/six", "shop/six", "shop/db", "shop/db"],
        "port": [None, None, None, 5432],
        "protocol": ["ICMPv6", "ICMPv6", "TCP", "TCP"],
        "icmp_type": [135, None, None, None],
        "icmp_code": 0,
        "fragment": [False, False, True, False],
        "via_service": False,
    }
    assert ENGINE.decide_batch(flows).tolist() == [True, True, False, True]
    nothing = {"source": SOURCES, "destination": "shop/db", "protocol": 47}
    assert ENGINE.decide_batch(nothing).tolist() == [False] * 4


def tables() -> list[Any]:
    table = pa.table({
        "srcaddr": SOURCES,
        "destination": ["10.0.0.1"] * 4,
        "port": pa.array([5432] * 4, pa.uint16()),
        "bytes": [1, 2, 3, 4],
    })
    chunked = pa.concat_tables([table[:1], table[1:1], table[1:3], table[3:]])
    return [
        table,
        chunked,
        table.to_batches()[0],
        table.to_reader(max_chunksize=1),
        pl.DataFrame(table),
        pl.DataFrame(table).with_columns(pl.col("srcaddr").cast(pl.Categorical)),
        table.to_pandas(),
        duckdb.from_arrow(table),
    ]


@pytest.mark.parametrize("table", tables(), ids=lambda table: type(table).__module__ + type(table).__name__)
def test_tables_of_every_library(table: Any) -> None:
    assert ENGINE.decide_batch(table, columns={"source": "srcaddr"}).tolist() == EXPECTED


def test_attributions_go_to_every_library() -> None:
    made = ENGINE.attribute_batch({"source": SOURCES, "destination": "shop/db", "port": 5432})
    assert len(made) == made.num_rows == 4
    assert made.column_names[:4] == ("verdict", "source", "destination", "direction")
    assert repr(made) == f"<netpol.FlowTable: 4 rows, {len(made.column_names)} columns>"
    arrow, polars = pa.table(made), pl.DataFrame(made)
    assert arrow.column_names == list(made.column_names) == polars.columns
    assert arrow["source"].to_pylist() == ["shop/api", "shop/web", None, None]
    assert polars["policy"].to_list() == ["NetworkPolicy shop/db"] * 4
    counted = duckdb.from_arrow(arrow).filter("verdict").count("*")
    assert counted.fetchall() == [(2,)]
    assert made["verdict"].tolist() == EXPECTED
    assert made["source"].tolist() == ["shop/api", "shop/web", None, None]
    policies = made["policy"]
    assert policies[0] is policies[1], "equal texts are one object"
    assert made["rule"].tolist() == [0, None, 0, None]
    assert made["direction"].tolist() == ["ingress"] * 4
    assert made["reason"].tolist() == ["ruleMatches", "noRuleMatches"] * 2
    # It can be read more than once.
    assert pa.table(made) == arrow
    some = ENGINE.attribute_batch(arrow_flows(), select=["policy", "verdict"])
    assert some.column_names == ("policy", "verdict")
    assert pa.schema(some).names == ["policy", "verdict"]
    with pytest.raises(ValueError, match="no column `polcy` is made; there are verdict, source"):
        ENGINE.attribute_batch(arrow_flows(), select=["polcy"])
    with pytest.raises(KeyError, match="no column `rule`; there are policy, verdict"):
        some.column("rule")


def arrow_flows() -> pa.Table:
    return pa.table({"source": SOURCES, "destination": ["10.0.0.1"] * 4, "port": [5432] * 4})


@pytest.mark.parametrize(
    ("row", "column", "detail"),
    [
        ({"source": None}, "source", "there is no value"),
        ({"source": "10.0.0.256"}, "source", "does not name an endpoint"),
        ({"source": "shop/nobody"}, "source", "no endpoint `shop/nobody`"),
        ({"destination": "fd00::1"}, "destination", "fd00::1 is not of the family of 10.0.0.2"),
        ({"source": "shop/web", "destination": "shop/six"}, "destination", "of the same family"),
        ({"port": None}, "port", "there is no value"),
        ({"port": "http"}, "port", "declares no TCP port named `http`"),
        ({"port": "65536"}, "port", "`65536` is no port"),
        ({"protocol": None}, "protocol", "there is no value"),
        ({"protocol": "GRE"}, "protocol", "unknown protocol `GRE`"),
        ({"fragment": None}, "fragment", "there is no value"),
        ({"protocol": "ICMP", "icmp_type": 256}, "icmp_type", "256 is not in 0 to 255"),
    ],
)
def test_rows_that_mean_no_flow(row: dict[str, Any], column: str, detail: str) -> None:
    good = {
        "source": "10.0.0.2", "destination": "10.0.0.1", "port": "5432", "protocol": "TCP",
        "fragment": False, "icmp_type": 8,
    }
    rows = [good, good, {**good, **row}, good]
    columns = {name: [one[name] for one in rows] for name in good}
    arrow = pa.table({name: pa.array(values) for name, values in columns.items()})
    for flows in (columns, arrow, pa.concat_tables([arrow[:1], arrow[1:]])):
        for ask in (ENGINE.decide_batch, ENGINE.attribute_batch):
            with pytest.raises(netpol.RowError, match=f"row 2, {column}: ") as refused:
                ask(flows)
            assert (refused.value.row, refused.value.column) == (2, column)
            assert detail in refused.value.detail
        masked = ENGINE.decide_batch(flows, invalid="mask")
        assert masked.tolist() == [True, True, None, True]
        assert np.ma.getdata(masked).tolist() == [True, True, False, True]
        made = ENGINE.attribute_batch(flows, invalid="mask")
        assert pa.table(made)["verdict"].to_pylist() == [True, True, None, True]
        assert {tuple(one.values()) for one in pa.table(made)[2:3].to_pylist()} == {(None,) * len(made.column_names)}


@pytest.mark.parametrize(
    ("error", "message", "flows", "arguments"),
    [
        (TypeError, "flows must be a table with __arrow_c_stream__.* not list", [1], {}),
        (ValueError, "the table has no column `source`", {"destination": SOURCES}, {}),
        (ValueError, "no column `src` is read; there are source, destination", {"src": SOURCES}, {}),
        (ValueError, "no column `from` is read", {}, {"columns": {"from": "source"}}),
        (ValueError, "has no column `src`; there are source, destination, port", arrow_flows(), {"columns": {"source": "src"}}),
        (ValueError, "destination has 1 rows, where source has 4", {"source": SOURCES, "destination": ["10.0.0.1"], "port": 1}, {}),
        (TypeError, "flows hold single values only", {"source": "10.0.0.1", "destination": "10.0.0.1", "port": 1}, {}),
        (TypeError, "source must hold addresses or names of endpoints, not truth values", {"source": np.array([True]), "destination": DB, "port": 1}, {}),
        (TypeError, "source must hold numbers, text, truth values or bytes, not values of type complex", {"source": np.array([1j]), "destination": DB, "port": 1}, {}),
        (TypeError, "source must be `namespace/name`.* not list", {"source": [[1], 2], "destination": DB, "port": 1}, {}),
        (TypeError, "source must have one dimension, not 2", {"source": np.zeros((2, 2)), "destination": DB, "port": 1}, {}),
        (TypeError, "port must hold numbers or names of ports, not values of type List", {"source": [1], "destination": DB, "port": pa.array([[1]])}, {}),
        (TypeError, "icmp_type must hold numbers, not text", {"source": [1], "destination": DB, "icmp_type": ["echo"]}, {}),
        (TypeError, "fragment must hold truth values", {"source": [1], "destination": DB, "fragment": [1]}, {}),
        (netpol.RowError, "row 0, port: TCP needs a port, and there is no such column", {"source": [1], "destination": DB}, {}),
        (netpol.RowError, "row 1, source: -1 is no IPv4 address", {"source": [1, -1], "destination": DB, "port": 1}, {}),
        (netpol.RowError, "row 1, source: 4294967296 is no IPv4 address", {"source": np.array([1, 1 << 32]), "destination": DB, "port": 1}, {}),
        (netpol.RowError, "row 0, port: 1.5 is no whole number", {"source": [1], "destination": DB, "port": np.array([1.5])}, {}),
        (netpol.RowError, "row 0, source: 5 bytes are no address", {"source": pa.array([b"12345"]), "destination": DB, "port": 1}, {}),
        (netpol.UnknownEndpointError, "no endpoint", {"source": [1], "destination": "shop/x", "port": 1}, {}),
        (ValueError, "invalid must be `raise` or `mask`, not `skip`", {}, {"invalid": "skip"}),
        (ValueError, "threads must be 1 or more", {}, {"threads": 0}),
        (TypeError, "columns must be a mapping", {}, {"columns": "source"}),
    ],
)
def test_what_is_no_table(error: type[Exception], message: str, flows: Any, arguments: Any) -> None:
    with pytest.raises(error, match=message):
        ENGINE.decide_batch(flows, **arguments)


def test_many_rows_in_threads() -> None:
    count = 200_000
    choose = random.Random(1)
    pods = [int(ipaddress.ip_address(f"10.0.0.{last}")) for last in (1, 2, 3)]
    source = [choose.choice([*NUMBERS, *pods]) for _ in range(count)]
    destination = [choose.choice(pods) for _ in range(count)]
    port = [choose.choice([22, 5432]) for _ in range(count)]
    flows = {
        "source": np.array(source, np.uint32),
        "destination": np.array(destination, np.uint32),
        "port": np.array(port, np.uint16),
    }
    known: dict[tuple[int, int, int], bool] = {}
    expected = []
    for row in zip(source, destination, port, strict=True):
        if row not in known:
            ends = (ipaddress.ip_address(end) for end in row[:2])
            known[row] = ENGINE.decide(*ends, port=row[2]).is_allow
        expected.append(known[row])
    for threads in (1, 2, 3, 7, None):
        assert ENGINE.decide_batch(flows, threads=threads).tolist() == expected
    made = ENGINE.attribute_batch(flows, threads=3)
    assert made["verdict"].tolist() == expected
    assert pa.table(made).num_rows == count
    # The first of several faults is told, whichever thread met it.
    wrong = np.array(source, np.int64)
    wrong[[150_000, 70_000, 190_000]] = -1
    for threads in (1, 4):
        with pytest.raises(netpol.RowError, match="row 70000, source"):
            ENGINE.decide_batch({**flows, "source": wrong}, threads=threads)
    masked = ENGINE.decide_batch({**flows, "source": wrong}, threads=4, invalid="mask")
    assert np.flatnonzero(np.ma.getmaskarray(masked)).tolist() == [70_000, 150_000, 190_000]


def test_no_rows() -> None:
    empty = arrow_flows()[:0]
    assert ENGINE.decide_batch(empty).tolist() == []
    assert pa.table(ENGINE.attribute_batch(empty)).num_rows == 0
    assert ENGINE.decide_batch({"source": [], "destination": [], "port": []}).tolist() == []


def test_a_dictionary_without_texts_has_rows_that_mean_nothing() -> None:
    nothing = pa.array([None, None], pa.string()).dictionary_encode()
    flows = {"source": nothing, "destination": pa.array([DB, DB], pa.uint32()), "port": 5432}
    with pytest.raises(netpol.RowError, match="row 0, source"):
        ENGINE.decide_batch(flows)
    assert ENGINE.decide_batch(flows, invalid="mask").mask.tolist() == [True, True]  # type: ignore[attr-defined]
    none = pa.array([], pa.string()).dictionary_encode()
    empty = {"source": none, "destination": none, "port": pa.array([], pa.uint16())}
    assert ENGINE.decide_batch(empty).tolist() == []

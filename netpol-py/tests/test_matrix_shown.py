"""The matrix as text, as tables of other libraries, as a picture, in a notebook."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import netpol
import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest
from hypothesis import given
from netpol import Access, Matrix

from . import shop
from .matrices import checked, engines, stored


def small(**arguments: Any) -> Matrix:
    return netpol.matrix(netpol.load(shop.SHOP), **{"port": 5432, **arguments})


def test_text() -> None:
    text = small(port=["postgres", 8080], destinations="shop/*").to_text(color=False, width=80)
    assert text == (
        "TCP postgres, TCP 8080: 7 sources, 3 destinations\n"
        "◐ some allowed 15   · denied 6\n"
        "a TCP postgres no answer, TCP 8080 denied\n"
        "b TCP postgres no answer, TCP 8080 allowed\n"
        "c TCP postgres allowed, TCP 8080 denied\n"
        "\n"
        "                                     1 2 3\n"
        "monitoring/prometheus                a · b\n"
        "shop/api                             a c b\n"
        "shop/db                              a · a\n"
        "shop/web                             a · b\n"
        "10.20.0.0/16 without 10.20.99.0/24   a · b\n"
        "10.20.99.0/24                        a · b\n"
        "anywhere else (IPv4)                 a · b\n"
        "\n"
        "1  shop/api\n"
        "2  shop/db\n"
        "3  shop/web"
    )


def test_text_fits_the_terminal() -> None:
    found = small()
    for width in (20, 42, 45, 60, 200):
        lines = found.to_text(color=False, width=width).splitlines()
        table = [line for line in lines if line.startswith(tuple(group.name for group in found.sources))]
        parts = len(table) // 7
        assert parts * 7 == len(table) and parts == {20: 7, 42: 3, 45: 2}.get(width, 1)
        # One column is there, however narrow it is.
        assert all(len(line) <= max(width, 40) for line in table)
        numbered = [line.split()[1] for line in lines if line[:1].isdigit() and line[1:3] == "  "]
        assert numbered[:4] == ["monitoring/prometheus", "shop/api", "shop/db", "shop/web"]


def test_colours_are_there_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = small()
    plain, coloured = found.to_text(color=False), found.to_text(color=True)
    assert "\x1b[1;34m●\x1b[0m" in coloured and "\x1b" not in plain

    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert found.to_text(width=100) == found.to_text(color=True, width=100)
    monkeypatch.setenv("NO_COLOR", "1")
    assert found.to_text(width=100) == found.to_text(color=False, width=100)
    monkeypatch.setattr(Terminal, "encoding", "ascii")
    found.to_text(width=100, color=False).encode("ascii", "strict")


def test_what_manifests_say_is_no_escape_code() -> None:
    pod = shop.pod("we\x1b[31mb\u202e", "10.0.0.1")
    found = netpol.matrix(stored(pod), port=80)
    text = found.to_text(color=False)
    assert "shop/we\\x1b[31mb\\u202e" in text and "\x1b" not in text


def test_str_is_text_without_colours() -> None:
    assert str(small()) == small().to_text(color=False, width=100)
    assert len(repr(small(sources="shop/web", destinations="shop/db"))) < 1000


@checked
@given(engines())
def test_frames(engine: netpol.Engine) -> None:
    found = netpol.matrix(engine, port=[80, "http"], group_by="endpoint")
    frame = found.to_frame()
    table = found.to_arrow()
    rows = list(found.rows())
    assert frame.shape == found.shape and table.num_rows == len(rows)
    for row, source in enumerate(found.sources):
        for column, destination in enumerate(found.destinations):
            assert frame.loc[source.name, destination.name] == found[row, column]
    texts = ("source", "destination", "protocol", "port", "access")
    written = [tuple(str(value) for value in row) for row in rows]
    assert list(zip(*(table[name].to_pylist() for name in texts), strict=True)) == written
    allowed = {"all": True, "none": False, "some": False, "unanswered": None}
    assert table["allowed"].to_pylist() == [allowed[row[4]] for row in rows]


def test_any_library_reads_it() -> None:
    found = small()
    frame = polars.DataFrame(found)
    open_ = frame.filter(polars.col("allowed"), polars.col("destination") == "shop/db")
    assert open_["source"].to_list() == ["shop/api"]
    assert pa.table(found).num_rows == 49
    assert pd.DataFrame.from_arrow(found)["access"].value_counts()["all"] == 25


def test_plain_data() -> None:
    found = small(port=["postgres", 80], nodes=True)
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["ports"] == [{"port": "postgres", "protocol": "TCP"}, {"port": 80, "protocol": "TCP"}]
    assert plain["sources"][1] == {
        "name": "shop/api",
        "kind": "endpoints",
        "endpoints": [{"kind": "Deployment", "namespace": "shop", "name": "api"}],
    }
    assert plain["sources"][5]["network"] == "10.20.99.0/24"
    names = np.array([access.value for access in Access])
    assert (names[found.access] == np.array(plain["access"])).all()
    assert (names[found.access_by_port] == np.array(plain["accessByPort"])).all()


def test_picture(tmp_path: Any) -> None:
    found = small(port=[5432, 8080])
    figure = found.to_figure()
    (axes,) = figure.axes
    (image,) = axes.images
    drawn = image.get_array()
    assert (drawn.data == found.access).all() and (np.ma.getmaskarray(drawn) == found.outside).all()
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [
        group.name for group in found.sources
    ]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [
        group.name for group in found.destinations
    ]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == [
        f"denied ({found.count('none')})",
        f"allowed ({found.count('all')})",
        f"some allowed ({found.count('some')})",
    ]
    path = tmp_path / "matrix.png"
    figure.savefig(path)
    assert path.read_bytes().startswith(b"\x89PNG")
    from matplotlib.image import imread

    pixels = {
        tuple(pixel)
        for pixel in (imread(path)[:, :, :3] * 255).round().astype(int).reshape(-1, 3).tolist()
    }
    assert {(0x1F, 0x6F, 0xB2), (0xE8, 0xA3, 0x3D), (0xEC, 0xEF, 0xF3)} <= pixels, (
        "every colour is in it"
    )


def test_picture_in_axes_that_are_there_and_of_many() -> None:
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    assert small().plot(axes) is axes and axes.images
    pods = [shop.pod(f"p{number}", f"10.0.{number // 100}.{number % 100 + 1}") for number in range(150)]
    pods += [shop.pod(f"p${number}$", f"10.1.0.{number + 1}", namespace="x$a$") for number in range(9)]
    many = netpol.matrix(stored(*pods), port=80, group_by="endpoint")
    figure = many.to_figure()
    figure.savefig(io.BytesIO())
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == [
        "shop",
        r"x\$a\$",
        "outside",
    ]


@pytest.mark.parametrize(
    ("method", "library", "extra"),
    [
        ("to_frame", "pandas", "matrix"),
        ("to_arrow", "pyarrow", "matrix"),
        ("plot", "matplotlib", "plot"),
    ],
)
def test_what_is_not_installed_says_how(
    method: str, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        ImportError, match=rf"{library} is not installed: pip install 'netpol-py\[{extra}\]'"
    ):
        getattr(small(), method)()


def test_notebook() -> None:
    shown = small()._repr_html_()
    assert shown.count("<tr>") == 8 and 'title="shop/api to shop/db: allowed"' in shown
    assert "<script" not in shown
    pod = shop.pod("<b>x", "10.0.0.1")
    hostile = netpol.matrix(stored(pod), port=80)._repr_html_()
    assert "<b>x" not in hostile and "&lt;b&gt;x" in hostile
    pods = [shop.pod(f"p{number}", f"10.0.0.{number + 1}") for number in range(120)]
    many = netpol.matrix(netpol.loads(shop.NAMESPACE, *pods), port=80, group_by="endpoint")
    assert len(many._repr_html_()) < 1000 and "write_html" in many._repr_html_()

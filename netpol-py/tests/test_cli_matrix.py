"""`netpol matrix`."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import netpol as package
import pytest

from . import shop
from .cases import ROOT
from .command import SHOP, netpol

ASKED = ("matrix", "-f", SHOP, "-p", "5432")


def test_text() -> None:
    ran = netpol(*ASKED, "--to", "shop/*")
    found = package.matrix(package.load(shop.SHOP), port=5432, destinations="shop/*")
    assert (ran.code, ran.out, ran.err) == (0, found.to_text(color=False) + "\n", "")
    assert netpol(*ASKED, "--color", "always").out.count("\x1b[1;34m●\x1b[0m") == 17


def test_csv() -> None:
    ran = netpol(
        *ASKED,
        "-p",
        "53/UDP",
        "-o",
        "csv",
        "--from",
        "shop/api",
        "--from",
        "web",
        "-n",
        "shop",
        "--to",
        "shop/db",
    )
    rows = list(csv.reader(io.StringIO(ran.out)))
    assert rows == [
        ["source", "destination", "protocol", "port", "access"],
        ["shop/api", "shop/db", "TCP", "5432", "all"],
        ["shop/api", "shop/db", "UDP", "53", "none"],
        ["shop/web", "shop/db", "TCP", "5432", "none"],
        ["shop/web", "shop/db", "UDP", "53", "none"],
    ]


def test_json() -> None:
    ran = netpol(*ASKED, "-o", "json", "--nodes", "--group-by", "namespace", "--no-prefixes")
    found = package.matrix(
        package.load(shop.SHOP), port=5432, nodes=True, group_by="namespace", prefixes=False
    )
    assert json.loads(ran.out) == found.to_dict() and ran.code == 0


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("m.html", b"<!doctype html>"),
        ("m.png", b"\x89PNG"),
        ("m.csv", b"source,"),
        ("m.json", b"{"),
        ("m.txt", b"TCP 5432"),
    ],
)
def test_files(name: str, begins: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    ran = netpol(*ASKED, "-O", str(path))
    assert (ran.code, ran.out, ran.err) == (0, "", f"wrote {path}\n")
    assert path.read_bytes().startswith(begins)
    form = {"txt": "text"}.get(path.suffix[1:], path.suffix[1:])
    printed = subprocess.run(
        [sys.executable, "-m", "netpol", *ASKED, "-o", form], cwd=ROOT, capture_output=True, check=True
    )
    assert printed.stdout.startswith(begins)


def test_explanations() -> None:
    assert len(netpol(*ASKED, "-o", "html", "--explanations", "0").out) < len(
        netpol(*ASKED, "-o", "html").out
    )


def test_diff(tmp_path: Path) -> None:
    workloads = f"{SHOP}/workloads.yaml"
    ran = netpol(*ASKED, "--diff", workloads, "-o", "csv", "--to", "shop/db", "--no-prefixes")
    assert ran.code == 1
    assert list(csv.reader(io.StringIO(ran.out))) == [
        ["source", "destination", "change", "before", "after"],
        ["monitoring/prometheus", "shop/db", "opened", "none", "all"],
        ["shop/db", "shop/db", "opened", "none", "all"],
        ["shop/web", "shop/db", "opened", "none", "all"],
    ]
    same = netpol(*ASKED, "--diff", SHOP)
    assert (same.code, same.out) == (0, "TCP 5432: nothing is opened, nothing is closed\n")
    plain = json.loads(netpol(*ASKED, "--diff", workloads, "-o", "json").out)
    assert plain["added"] == plain["removed"] == [] and plain["changes"]
    assert netpol(*ASKED, "--diff", workloads, "-O", str(tmp_path / "d.html")).code == 1
    assert "What is opened" in (tmp_path / "d.html").read_text()


def test_a_port_that_nobody_has_is_told() -> None:
    ran = netpol(*ASKED, "-p", "htp", "-p", "http")
    assert ran.code == 0 and ran.err == (
        "warning: no question about TCP htp has an answer; the first: "
        "`monitoring/prometheus` declares no TCP port named `htp`\n"
    )


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((*ASKED, "--from", "shop/nobody"), "error: no endpoint `shop/nobody`"),
        ((*ASKED, "--to", "nowhere/*"), "error: no endpoint matches `nowhere/*`"),
        ((*ASKED, "--protocol", "ICMP"), "error: a matrix is about TCP, UDP or SCTP"),
        (("matrix", "-f", SHOP, "-p", "70000"), "error: port 70000 is not in 0 to 65535"),
        ((*ASKED, "-o", "png", "--diff", SHOP), "error: changes are shown as text, csv, json or html"),
        ((*ASKED, "--diff", "nowhere"), "error: there is no file and no directory `nowhere`"),
        ((*ASKED, "-O", "nowhere/m.html"), "error: nowhere/m.html: No such file or directory"),
        (("matrix", "-f", SHOP), "the following arguments are required: -p/--port"),
    ],
)
def test_what_cannot_be_told(arguments: tuple[str, ...], error: str) -> None:
    ran = netpol(*arguments)
    assert ran.code == 2 and error in ran.err and ran.out == ""

"""`netpol replay`."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import netpol as package
import pexpect
import pytest

from .cases import ROOT
from .command import Ran, netpol, process
from .flow_logs import HEADER

FOLDER = ROOT / "netpol-py" / "examples" / "replay"
SIDES = ["-f", "cluster.yaml", "--before", "before.yaml", "--after", "after.yaml"]


def replay(*arguments: str, stdin: str = "", flows: str = "flows.log", sides: list[str] = SIDES) -> Ran:
    return netpol("replay", flows, *arguments, *sides, stdin=stdin, folder=FOLDER)


def test_text() -> None:
    ran = replay()
    assert ran.code == 1 and ran.err == ""
    assert ran.out == """\
12 rows: 7 judged, 4 replies, 1 without data
blocked: 3 flows in 2 groups
  shop/report-* -> shop/db-* TCP 5432: 2 flows, 38.3 kB, 2025-11-28 02:00:00Z to 2025-11-28 02:02:00Z
    before: ingress ruleMatches, NetworkPolicy shop/db spec.ingress[0]
    after:  ingress noRuleMatches, NetworkPolicy shop/db
    first:  10.0.0.30:44100 -> 10.0.0.40 (flows.log row 6)
  shop/web-* -> shop/db-* TCP 5432: 1 flow, 980 B, 2025-11-28 02:03:20Z to 2025-11-28 02:04:20Z
    before: ingress ruleMatches, NetworkPolicy shop/db spec.ingress[0]
    after:  ingress noRuleMatches, NetworkPolicy shop/db
    first:  10.0.0.11:40990 -> 10.0.0.40 (flows.log row 10)
opened: none
"""
    assert replay("--top", "1").out.splitlines()[6:] == ["  … 1 flow in 1 group more", "opened: none"]
    coloured = replay("--color", "always").out
    assert "\x1b[1;31mblocked\x1b[0m: 3 flows" in coloured and "opened: none" in coloured


def test_programs_read_it() -> None:
    made = replay("-o", "json")
    assert made.code == 1
    before = package.load(FOLDER / "cluster.yaml", FOLDER / "before.yaml")
    after = package.load(FOLDER / "cluster.yaml", FOLDER / "after.yaml")
    found = package.replay(FOLDER / "flows.log", before, after).to_dict()
    for group in found["groups"]:
        group["example"]["place"]["file"] = "flows.log"
    assert json.loads(made.out) == found
    rows = list(csv.DictReader(io.StringIO(replay("-o", "csv").out)))
    assert [(row["effect"], row["source"], row["flows"]) for row in rows] == [
        ("blocked", "shop/report-*", "2"),
        ("blocked", "shop/web-*", "1"),
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 1),
        (["--fail-on", "blocked"], 1),
        (["--fail-on", "opened"], 0),
        (["--fail-on", "opened,blocked"], 1),
        (["--fail-on", "passed,dropped"], 0),
        (["--fail-on", "none"], 0),
    ],
)
def test_exit_codes(arguments: list[str], code: int) -> None:
    assert replay(*arguments).code == code


def test_the_sides_of_a_change() -> None:
    """What is said of one side is added to what both have, and replaces it."""
    base = ["-f", "cluster.yaml", "-f", "before.yaml"]
    assert replay(sides=[*base, "--after", "after.yaml"]).out == replay().out
    alone = []
    for side in ("before", "after"):
        alone += [f"--{side}", "cluster.yaml", f"--{side}", f"{side}.yaml"]
    assert replay(sides=alone).out == replay().out
    same = replay(sides=base)
    assert same.code == 0 and "blocked: none\nopened: none\n" in same.out
    dump = (FOLDER / "cluster.yaml").read_bytes()
    piped = process(["replay", "flows.log", "-f", "-", *SIDES[2:]], stdin=dump, folder=FOLDER)
    assert piped.out == replay().out
    stricter = replay(sides=["-f", "cluster.yaml", "-f", "after.yaml", "--fail-on", "passed"])
    assert stricter.code == 1 and "passed, though the policies deny it: 3 flows in 2 groups" in stricter.out


def test_the_log_from_the_standard_input() -> None:
    text = (FOLDER / "flows.log").read_text()
    ran = netpol("replay", "-", "--format", "vpc", *SIDES, stdin=text, folder=FOLDER)
    assert ran.out == replay().out.replace("flows.log", "-")


def test_options() -> None:
    assert "shop/report-29368800-h6xqp -> shop/db-0 TCP 5432: 2 flows" in replay("--ends", "endpoint").out
    assert "shop/* -> shop/* TCP 5432: 3 flows" in replay("--ends", "namespace").out
    assert replay("--replies", "keep").out.startswith("12 rows: 11 judged, 1 without data\n")
    assert replay("--replies", "turn").out.splitlines()[1] == "blocked: 4 flows in 2 groups"
    named = ["--columns", "source=srcaddr,destination=dstaddr,port=dstport", "--columns", "protocol=protocol"]
    assert replay(*named).out.startswith("12 rows: 11 judged, 1 that could not be read\n")
    assert replay("--columns", "vpc").out == replay().out
    drift = ["-f", "cluster.yaml", "--before", "after.yaml"]
    assert "198.0.0.0/8" not in replay("--outside", "8,32", sides=drift).out


def test_rows_that_could_not_be_read(tmp_path: Path) -> None:
    log = tmp_path / "flows.log"
    line = "2 1 eni 10.0.0.10 10.0.0.40 40000 {} 6 1 60 1764288000 1764288060 ACCEPT {}\n"
    log.write_text(f"{HEADER}\n{line.format(5432, 'OK')}{line.format('x', 'OK')}{line.format('-', 'SKIPDATA')}")
    for form in ("text", "json", "csv"):
        ran = replay("-o", form, flows=str(log))
        assert ran.code == 1
        assert "warning: 1 of 3 rows could not be read" in ran.err
        assert "warning: the log is not complete: 1 rows say that flows are missing" in ran.err
        assert "`x` is no whole number" in (ran.err if form == "csv" else ran.out)
    # Nothing was judged: that is not the same as nothing found.
    log.write_text(f"{HEADER}\n{line.format('x', 'OK')}")
    ran = replay(flows=str(log))
    assert ran.code == 2 and "error: no flow could be judged" in ran.err
    # What a log says does nothing to a terminal.
    log.write_text("source,destination,port\n\x1b[31mred,10.0.0.40,5432\n10.0.0.10,10.0.0.40,5432\n")
    ran = replay(flows=str(log), sides=["--format", "csv", *SIDES])
    assert "\x1b" not in ran.out and "\\x1b[31mred" in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.log", *SIDES], "error: nothing.log: No such file or directory"),
        (["*.parquet", *SIDES], "error: the pattern `*.parquet` matches no file"),
        (["cluster.yaml", *SIDES], "error: cluster.yaml: its name does not tell what is in it"),
        (["flows.log"], "error: no manifests: name what the cluster holds"),
        (["flows.log", "--after", "after.yaml"], "error: no manifests: name what the cluster holds"),
        (["-", *SIDES[2:], "-f", "-"], "error: the standard input, `-`, can be read only once"),
        (["flows.log", *SIDES[:2], "--before", "-", "--after", "-"], "can be read only once"),
        (["flows.log", *SIDES, "--columns", "aws"], "error: no columns are known by the name `aws`"),
        (["flows.log", *SIDES, "--columns", "source=a,b"], "error: `b` is not NAME=COLUMN"),
        (["flows.log", *SIDES, "--columns", "from=a"], "error: no column `from` is read"),
        (["flows.log", *SIDES, "--columns", "source=a"], "error: flows.log: the log has no column"),
        (["flows.log", *SIDES, "--outside", "24"], "`24` is not two numbers"),
        (["flows.log", *SIDES, "--outside", "99,0"], "error: outside must be two lengths"),
        (["flows.log", *SIDES, "--fail-on", "closed"], "`closed` is not of blocked, opened"),
        (["flows.log", *SIDES, "--max-groups", "1"], "error: there are more than 1 groups of flows"),
        (["flows.log", *SIDES[:4], "--after", "flows.log"], "error"),
        (["flows.log", *SIDES[:4], "--after", "nowhere"], "error: there is no file and no directory `nowhere`"),
    ],
)
def test_what_cannot_be_run(arguments: list[str], message: str) -> None:
    ran = netpol("replay", *arguments, folder=FOLDER)
    assert ran.code == 2 and ran.out == ""
    assert message in ran.err


def test_the_bar_on_a_terminal() -> None:
    """It is on the standard error and gone from what is redirected."""
    command = f"{sys.executable} -m netpol replay flows.log {' '.join(SIDES)} > /dev/null"
    child = pexpect.spawn("bash", ["-c", command], cwd=str(FOLDER), encoding="utf-8", timeout=60)
    child.expect(pexpect.EOF)
    told = child.before
    assert isinstance(told, str) and "100%" in told and "12 rows" in told and "blocked" not in told

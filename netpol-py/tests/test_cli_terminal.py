"""Help, colours, broken pipes, interrupts: what the command is to a terminal and to a shell."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import netpol as package
import pexpect
import pytest
from netpol._cli import parser
from netpol._cli.parsers import COMMANDS

from .cases import ROOT
from .command import SHOP, netpol, process

DENIED = ["decide", "-f", SHOP, "--from", "shop/web", "--to", "shop/db", "-p", "5432"]


def test_help() -> None:
    for line in ([], ["--help"], *([name, "--help"] for name in COMMANDS)):
        ran = netpol(*line)
        assert (ran.code, bool(ran.out)) == ((0, True) if line else (2, False))
        assert max(map(len, ran.out.splitlines()), default=0) <= 140
    for name in COMMANDS:
        assert re.search(rf"^    {name}\b", netpol("--help").out, re.M), name
    assert netpol("--version").out == f"netpol {package.__version__}\n"
    unknown = netpol("decid")
    assert unknown.code == 2 and "decide" in unknown.err


def test_help_is_whole_whatever_is_asked_for() -> None:
    """Only the command that is asked for is imported, and the help does not show it."""
    whole = parser(everything=True).format_help()
    assert parser().format_help() == parser(["decide"]).format_help() == whole


def examples() -> Iterator[tuple[str, str]]:
    for name in COMMANDS:
        text = netpol(name, "--help").out
        found = re.findall(r"^  \$ (.*)$", text, re.M)
        assert found, f"{name} shows no example"
        yield from ((name, line) for line in found)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which every example finds what it names."""
    folder = tmp_path_factory.mktemp("examples")
    for name in ("netpol-core", "netpol-py"):
        (folder / name).symlink_to(ROOT / name)
    shop = ROOT / "netpol-py" / "examples" / "shop"
    for name in ("k8s", "expectations"):
        (folder / name).symlink_to(shop / name)
    programs = folder / "bin"
    programs.mkdir()
    # What asks a cluster or renders a chart prints the manifests of the shop.
    everything = " ; echo --- ; ".join(f"cat {path}" for path in sorted((shop / "k8s").rglob("*.yaml")))
    for name in ("kubectl", "helm"):
        (programs / name).write_text(f"#!/bin/sh\n{everything}\n")
    (programs / "netpol").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m netpol "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    return folder


@pytest.mark.parametrize(("name", "line"), list(examples()))
def test_examples_in_the_help_run(name: str, line: str, shell: Path) -> None:
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        cwd=shell,
        env={**os.environ, "PATH": f"{shell / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode in (0, 1), ran.stderr
    assert ran.stdout or ">" in line
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "command", [["--help"], ["check", SHOP], DENIED, ["matrix", "--help"], ["replay", "--help"]]
)
def test_it_starts_fast(command: list[str]) -> None:
    """Neither NumPy nor Arrow nor YAML nor the other commands are imported where they are not needed."""
    code = (
        "import sys, netpol._cli\n"
        "try: netpol._cli.main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pyarrow', 'yaml', 'argcomplete', 'importlib.metadata', 'netpol.expectations',"
        " 'netpol._cli.sarif', 'netpol._cli.convert', 'xml.etree'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stderr.splitlines()[-1] == "[]"


RED = "\x1b[1;31mdeny\x1b[0m"


def on_a_terminal(*arguments: str, **environment: str) -> str:
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "netpol", *arguments],
        cwd=str(ROOT),
        env={**plain, "TERM": "xterm", **environment},
        encoding="utf-8",
        timeout=60,
    )
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before)


def test_colours_only_on_a_terminal() -> None:
    assert RED in on_a_terminal(*DENIED)
    assert on_a_terminal(*DENIED, NO_COLOR="1") == "deny\r\n"
    assert on_a_terminal(*DENIED, TERM="dumb") == "deny\r\n"
    assert on_a_terminal(*DENIED, "--color", "never") == "deny\r\n"
    assert netpol(*DENIED).out == "deny\n"
    assert netpol(*DENIED, "--color=always").out == f"{RED}\n"
    assert netpol(*DENIED, "--colour=always").out == f"{RED}\n"
    assert netpol(*DENIED).out == "deny\n", "the choice does not outlive the call"
    broken = netpol("check", "-", "--color=always", stdin="a: [")
    assert "\x1b[1m\x1b[91merror" in broken.err or "\x1b[" in broken.err


@pytest.mark.parametrize(
    "command",
    [
        "explain -f SHOP --from shop/web --to shop/db -p 5432 -o json",
        "check -o json netpol-core/testdata/invalid",
        "decide -f SHOP --queries QUERIES",
        "test --schema",
        "--help",
    ],
)
def test_a_broken_pipe_is_quiet(command: str, tmp_path: Path) -> None:
    questions = tmp_path / "queries.jsonl"
    questions.write_text('{"from": "shop/web", "to": "shop/db", "port": 5432}\n' * 20_000)
    words = [{"SHOP": SHOP, "QUERIES": str(questions)}.get(word, word) for word in command.split()]
    with subprocess.Popen(
        [sys.executable, "-m", "netpol", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as ran:
        assert ran.stdout is not None and ran.stderr is not None
        ran.stdout.close()
        told = ran.stderr.read().decode()
        code = ran.wait(60)
    assert code in (0, 2) if command == "--help" else code == 2
    assert "Traceback" not in told and "Exception" not in told and "BrokenPipe" not in told


def test_an_interrupt_is_130() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "netpol", "decide", "-f", SHOP, "--queries", "-"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as ran:
        assert ran.stdin is not None and ran.stdout is not None and ran.stderr is not None
        ran.stdin.write(b'{"from": "shop/web", "to": "shop/db", "port": 1}\n')
        ran.stdin.flush()
        assert ran.stdout.readline()
        ran.send_signal(signal.SIGINT)
        assert ran.wait(60) == 130
        assert ran.stderr.read() == b""


def test_a_terminal_without_unicode() -> None:
    text = b'{"from": "shop/\xc3\xbc", "to": "shop/db", "port": 1}\n'
    line = ["decide", "-f", SHOP, "--queries", "-"]
    ran = process(line, stdin=text, environment={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert ran.code == 2 and "no endpoint" in ran.err and "Traceback" not in ran.err
    ran = process(
        ["test", "--help"], environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    )
    assert ran.code == 0 and "Traceback" not in ran.err

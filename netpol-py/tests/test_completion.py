"""What shells complete, asked of the shells themselves."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from netpol._cli.parsers import COMMANDS

from .cases import ROOT
from .command import SHOP, netpol, process


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One in which `netpol` is a command."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "netpol"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m netpol "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "TERM": "dumb"}


# The line so far, and what of the offers is sure to be among them, and what is not.
LINES = [
    ("netpol ", {"check", "decide", "explain", "test", "convert", "completion"}, {"--from"}),
    ("netpol de", {"decide"}, {"explain"}),
    ("netpol decide --re", {"--recursive", "--resolve"}, {"--from"}),
    ("netpol check -o ", {"json", "sarif", "text"}, {"yaml"}),
    ("netpol decide -f netpol-core/exam", {"netpol-core/examples/"}, set[str]()),
    (f"netpol decide -f {SHOP} --from shop/", {"shop/web", "shop/api"}, {"monitoring/prometheus"}),
    (f"netpol decide -f {SHOP} --from deployment/shop/w", {"deployment/shop/web"}, set[str]()),
    ("netpol decide --option ipBlock", {"ipBlockPods=match", "ipBlockPods=never"}, {"endPort=true"}),
    (f"netpol decide -f {SHOP} -n m", {"monitoring"}, {"shop"}),
    ("netpol decide -f nowhere --from sh", set[str](), {"shop/web"}),
    ("netpol completion ", {"bash", "zsh", "fish"}, {"tcsh"}),
]


def offered(shell: str, line: str, environment: dict[str, str]) -> set[str]:
    """What a shell offers behind a line, without a terminal."""
    script = netpol("completion", shell).out
    if shell == "bash":
        # As readline calls it.
        asked = (
            f"{script}\nCOMP_LINE={shlex.quote(line)}; COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9\n"
            f"COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1))\n"
            "_python_argcomplete netpol 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\""
        )
        words = ["bash", "--norc", "-c", asked]
    else:
        words = ["fish", "--no-config", "-c", f"{script}\ncomplete -C {shlex.quote(line)}"]
    ran = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    return {offer.partition("\t")[0].strip() for offer in ran.stdout.splitlines() if offer.strip()}


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(("line", "some", "others"), LINES)
def test_offers(
    shell: str, line: str, some: set[str], others: set[str], environment: dict[str, str]
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    found = offered(shell, line, environment)
    assert some <= found, found
    assert not others & found


def interactive(shell: list[str], script: str, environment: dict[str, str]) -> pexpect.spawn[str]:
    child = pexpect.spawn(
        shell[0],
        shell[1:],
        cwd=str(ROOT),
        env={**environment, "PS1": "ready> ", "TERM": "xterm", "ZDOTDIR": "/nonexistent"},
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 200),
    )
    child.sendline(script)
    child.sendline("echo is; echo set")
    child.expect("is\r+\n.*set\r+\n")
    return child


def test_bash_completes_as_one_types(environment: dict[str, str]) -> None:
    child = interactive(
        ["bash", "--norc", "-i"], 'bind "set enable-bracketed-paste off"; eval "$(netpol completion bash)"', environment
    )
    child.send("netpol dec\t")
    child.expect("netpol decide ")
    child.send(f"-f {SHOP} --from shop/w\t")
    child.expect("shop/web")
    child.send(" --to shop/d\t -p 5432\r")
    child.expect("deny")
    child.sendline("exit")
    child.expect(pexpect.EOF)


def test_zsh_completes_as_one_types(environment: dict[str, str]) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    script = 'autoload -U compinit && compinit -u -D; eval "$(netpol completion zsh)"'
    child = interactive(["zsh", "-f", "-i"], script, environment)
    child.send("netpol dec\t")
    child.expect("decide")
    child.send(f" -f {SHOP} --from shop/w\t")
    child.expect("shop/web")
    child.send(" --to shop/db -p 5432\r")
    child.expect("deny")
    child.close(force=True)


def test_the_help_says_how() -> None:
    text = netpol("completion", "--help").out
    for shell in ("bash", "zsh", "fish"):
        assert f"netpol completion {shell}" in text
        assert netpol("completion", shell).out
    assert netpol("completion", "tcsh").code == 2


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "argcomplete.py").write_text("raise ImportError\n")
    ran = process(["completion", "bash"], environment={"PYTHONPATH": str(tmp_path)})
    assert ran.code == 2 and "pip install 'netpol-py[completion]'" in ran.err


def test_every_command_is_offered(environment: dict[str, str]) -> None:
    assert set(COMMANDS) <= offered("bash", "netpol ", environment)

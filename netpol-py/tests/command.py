"""Runs the command ``netpol``."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from netpol._cli import main

from .cases import ROOT

SHOP = "netpol-core/examples/shop"


@dataclass(frozen=True)
class Ran:
    """What came of it."""

    code: int
    out: str
    err: str


def netpol(*arguments: str, stdin: str | bytes = "", folder: Path = ROOT) -> Ran:
    """Runs it in this process, which takes no time to start."""
    out, err = io.StringIO(), io.StringIO()
    given = stdin.encode() if isinstance(stdin, str) else stdin
    before = os.getcwd()
    os.chdir(folder)
    try:
        with (
            redirect_stdout(out),
            redirect_stderr(err),
            mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(given))),
        ):
            try:
                code = main(arguments)
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
    finally:
        os.chdir(before)
    return Ran(code, out.getvalue(), err.getvalue())


def process(
    arguments: Sequence[str],
    *,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> Ran:
    """Runs it as a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "netpol", *arguments],
        input=stdin,
        capture_output=True,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        check=False,
        timeout=60,
    )
    return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())

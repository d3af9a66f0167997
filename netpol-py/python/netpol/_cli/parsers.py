"""What the parsers of all commands have in common."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING, TypeAlias

from .terminal import add_colour_argument

if TYPE_CHECKING:
    Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

COMMANDS = {
    "check": "say everything that is wrong or odd about manifests",
    "decide": "may this connection be opened?",
    "explain": "the same, with everything the verdict rests on",
    "matrix": "who reaches whom",
    "test": "hold manifests to files of expectations",
    "replay": "what a change would have done to recorded flows",
    "convert": "policies of older forms as networking.k8s.io/v1 has them",
    "completion": "print the script that completes commands in a shell",
}
"""Every command with a line about it, in the order of the help."""


def add_command(subparsers: Subparsers, name: str, *, about: str, more: str) -> argparse.ArgumentParser:
    """The parser of a command. `about` is said before its arguments, `more` behind them: exit codes,
    then examples, the lines of which begin with ``$ netpol``; the tests run those.
    """
    parser = subparsers.add_parser(
        name,
        help=COMMANDS[name],
        description=textwrap.dedent(about).strip(),
        epilog=textwrap.dedent(more).strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_colour_argument(parser)
    return parser

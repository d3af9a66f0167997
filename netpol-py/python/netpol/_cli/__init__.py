"""The command ``netpol``.

Each command is a module of this package with two functions: ``add_parser(subparsers)`` adds its
parser, and ``run(arguments)`` does what it says and returns the exit code. Only the module of the
command that is asked for is imported.

The parsers are of argparse: a security library drags in no package more than it must, and what click
does besides, completion in shells, argcomplete does for it where it is wanted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from .._errors import NetpolError, RefusedError
from .._netpol import version
from .parsers import COMMANDS
from .terminal import CommandError, choose_colours, error, tell

ABOUT = """\
May this packet pass? Asks the engine for Kubernetes NetworkPolicies.
"""

MORE = """\
Every command tells more: `netpol decide --help`. What is wrong or odd about manifests is said on
the standard error in every command; questions exit with 0 for allow, 1 for deny and 2 when there
is no answer, checks with 0 when there is nothing to tell, 1 when there is, and 2 when they could
not run.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command that the arguments ask for, and returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(arguments)
        # What does not fit into the pipe any more is found out here, and not when Python ends.
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # An answer that nobody could read is none. Python flushes once more at its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())
        return 2
    except KeyboardInterrupt:
        return 130


def _run(words: list[str]) -> int:
    if "_ARGCOMPLETE" in os.environ:
        from .completion import answer

        answer(parser)
    arguments = parser(words).parse_args(words)
    choose_colours(arguments.color)
    module = importlib.import_module(f".{arguments.command}", __name__)
    try:
        code: int = module.run(arguments)
        return code
    except RefusedError as refused:
        tell(refused.report or str(refused))
    except (CommandError, NetpolError) as failed:
        error(str(failed))
    except BrokenPipeError:
        raise
    except OSError as failed:
        error(f"{failed.filename}: {failed.strerror}" if failed.filename else str(failed))
    return 2


def parser(words: Sequence[str] = (), *, everything: bool = False) -> argparse.ArgumentParser:
    """The parser of a command line: with the arguments of the command that it names, and the names of
    the others; `everything` has the arguments of all."""
    made = argparse.ArgumentParser(
        prog="netpol",
        description=ABOUT,
        epilog=MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--version", action="version", version=f"netpol {version}")
    subparsers = made.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True
    )
    asked = next((word for word in words if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        if everything or name == asked:
            importlib.import_module(f".{name}", __name__).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=summary)
    return made

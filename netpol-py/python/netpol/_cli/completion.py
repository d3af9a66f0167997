"""``netpol completion``, and what a shell offers when the tabulator key is pressed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .terminal import CommandError

if TYPE_CHECKING:
    from .parsers import Subparsers

ABOUT = """\
Prints the script that makes a shell complete commands, options, paths, and the endpoints in the
manifests that -f has named. It needs `pip install 'netpol-py[completion]'`.
"""

MORE = """\
in ~/.bashrc:
  eval "$(netpol completion bash)"
in ~/.zshrc, behind `autoload -U compinit && compinit`:
  eval "$(netpol completion zsh)"
in fish:
  netpol completion fish > ~/.config/fish/completions/netpol.fish

examples:
  $ netpol completion bash
"""


def add_parser(subparsers: Subparsers) -> None:
    """Adds the parser of the command."""
    from .parsers import add_command

    parser = add_command(subparsers, "completion", about=ABOUT, more=MORE)
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def run(arguments: argparse.Namespace) -> int:
    """Prints the script."""
    argcomplete = _argcomplete()
    print(argcomplete.shellcode(["netpol"], shell=arguments.shell))
    return 0


def answer(words_to_parser: Callable[[list[str]], argparse.ArgumentParser]) -> None:
    """Tells the shell that asked what the word at the cursor may be, and ends the process."""
    argcomplete = _argcomplete()
    # Repeating it does no harm, and its values tell which manifests are meant.
    argcomplete.safe_actions.add(argparse._ExtendAction)
    line = os.environ.get("COMP_LINE", "")
    argcomplete.autocomplete(words_to_parser(line.split()[1:]), always_complete_options="long")
    sys.exit(1)


def offer(action: argparse.Action, candidates: Callable[[argparse.Namespace], Iterable[str]]) -> None:
    """Says what the values of an argument may be; `candidates` is given the arguments so far, and may
    raise anything. Where nothing is said a path is meant, or one of the choices."""

    def completer(*, parsed_args: argparse.Namespace, **_more: Any) -> Iterable[str]:
        try:
            return candidates(parsed_args)
        except Exception:
            # A half-written line is nothing to complain about.
            return ()

    action.completer = completer  # type: ignore[attr-defined]


def offer_nothing(action: argparse.Action) -> None:
    """Says that nobody knows what the values of an argument may be."""
    offer(action, lambda _arguments: ())


def _argcomplete() -> Any:
    try:
        import argcomplete
    except ImportError:
        raise CommandError(
            "completion needs argcomplete: pip install 'netpol-py[completion]'"
        ) from None
    return argcomplete

"""What goes to the standard output and to the standard error, and in which colours."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import TextIO


class CommandError(Exception):
    """The command could not be run, or the question not be answered: told on the standard error, and
    the exit code is 2."""


def tell(text: str) -> None:
    """Writes a line, or several, on the standard error."""
    sys.stderr.write(text if text.endswith("\n") else text + "\n")


def error(text: str) -> None:
    """Tells an error."""
    tell(f"{paint('error', 'red', sys.stderr)}: {printable(text)}")


def warning(text: str) -> None:
    """Tells a warning."""
    tell(f"{paint('warning', 'yellow', sys.stderr)}: {printable(text)}")


def is_coloured(stream: TextIO) -> bool:
    """Whether a stream shows colours: when it is a terminal and the environment has nothing against
    it, or as ``--color`` says."""
    if _choice != "auto":
        return _choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def paint(text: str, colour: str, stream: TextIO) -> str:
    """A text in a colour where the stream shows colours: ``red``, ``green``, ``yellow``, ``bold``,
    ``faint``."""
    if not is_coloured(stream):
        return text
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


def printable(text: str) -> str:
    """A text that does nothing to a terminal but appear on it, whatever a file put into it."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def add_colour_argument(parser: argparse.ArgumentParser) -> None:
    """Adds ``--color``."""
    parser.add_argument(
        "--color",
        "--colour",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours: auto (the default) on a terminal, unless NO_COLOR is set; always; never",
    )


def choose_colours(choice: str) -> None:
    """Takes up what ``--color`` says."""
    global _choice
    _choice = choice


_choice = "auto"
_CODES = {"red": "1;31", "green": "32", "yellow": "1;33", "bold": "1", "faint": "2"}
# Control characters but the newline and the tab, and what turns the direction of writing.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

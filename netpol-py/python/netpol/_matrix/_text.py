"""A matrix for a terminal."""

from __future__ import annotations

import os
import shutil
import string
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ._access import CODES, Access
from ._groups import MatrixGroup

if TYPE_CHECKING:
    from ._matrix import Matrix

SIGNS = {Access.NONE: "·", Access.ALL: "●", Access.SOME: "◐", Access.UNANSWERED: "?"}
WORDS = {
    Access.NONE: "denied",
    Access.ALL: "allowed",
    Access.SOME: "some allowed",
    Access.UNANSWERED: "no answer",
}
_ASCII = {Access.NONE: ".", Access.ALL: "#", Access.SOME: "%", Access.UNANSWERED: "?"}
# Blue and yellow are told apart by everybody; what is closed is most of a good matrix, and steps back.
_COLORS = {Access.NONE: "2", Access.ALL: "1;34", Access.SOME: "33", Access.UNANSWERED: "35"}


def to_text(matrix: Matrix, *, color: bool | None, width: int | None) -> str:
    """The matrix in numbered columns, and what the numbers mean."""
    signs = {access: paint(sign, _COLORS[access], color) for access, sign in signs_of().items()}
    table = [[signs[CODES[code]] for code in row] for row in matrix.access.tolist()]
    mixtures = _mixtures(matrix) if len(matrix.ports) > 1 else {}
    for number, cells in enumerate(mixtures.values()):
        sign = paint(_LETTERS[number], _COLORS[Access.SOME], color)
        for row, column in cells:
            table[row][column] = sign
    for row, column in np.argwhere(matrix.outside).tolist():
        table[row][column] = " "
    ports = ", ".join(map(str, matrix.ports))
    rows, columns = matrix.shape
    counts = [f"{signs[one]} {WORDS[one]} {matrix.count(one)}" for one in _ORDER if matrix.count(one)]
    lines = [f"{ports}: {_many(rows, 'source')}, {_many(columns, 'destination')}", "   ".join(counts)]
    for letter, mixture in zip(_LETTERS, mixtures):
        told = (f"{port} {WORDS[CODES[code]]}" for port, code in zip(matrix.ports, mixture, strict=True))
        lines.append(f"{paint(letter, _COLORS[Access.SOME], color)} {', '.join(told)}")
    lines += grid(matrix.sources, matrix.destinations, table, color=color, width=width)
    return "\n".join(line.rstrip() for line in lines)


def _mixtures(matrix: Matrix) -> dict[tuple[int, ...], list[list[int]]]:
    """The cells in which ports differ, by what each port is; of many the most frequent."""
    found: dict[tuple[int, ...], list[list[int]]] = defaultdict(list)
    some = (matrix.access == CODES.index(Access.SOME)) & ~matrix.outside
    for row, column in np.argwhere(some).tolist():
        found[tuple(matrix.access_by_port[:, row, column].tolist())].append([row, column])
    ordered = sorted(found.items(), key=lambda item: -len(item[1]))
    return dict(ordered[: len(_LETTERS)])


_LETTERS = string.ascii_lowercase
_ORDER = (Access.ALL, Access.SOME, Access.NONE, Access.UNANSWERED)


def grid(
    sources: Sequence[MatrixGroup],
    destinations: Sequence[MatrixGroup],
    table: Sequence[Sequence[str]],
    *,
    color: bool | None,
    width: int | None,
) -> Iterator[str]:
    """Signs in a row for each source and a numbered column for each destination, in parts that fit."""
    if width is None:
        width = shutil.get_terminal_size((100, 24)).columns
    names = [label(group) for group in sources]
    side = max((len(name) for name in names), default=0)
    digits = len(str(len(destinations)))
    most = max(1, (width - side - 2) // (digits + 1))
    for start in range(0, max(1, len(destinations)), most):
        part = range(start, min(start + most, len(destinations)))
        numbers = "".join(f" {number + 1:>{digits}}" for number in part)
        yield ""
        yield paint(f"{'':{side}}  {numbers}", "2", color)
        for name, row in zip(names, table, strict=True):
            cells = "".join(f" {'':{digits - 1}}{row[number]}" for number in part)
            yield f"{name:{side}}  {cells}"
        yield ""
        for number in part:
            told = f"{number + 1:>{digits}}"
            yield f"{paint(told, '2', color)}  {label(destinations[number])}"


def label(group: MatrixGroup) -> str:
    """The name of a group, and how many endpoints it has if it has several."""
    many = f" ×{len(group)}" if group.kind == "endpoints" and len(group) > 1 else ""
    return printable(group.name) + many


def printable(text: str) -> str:
    """A text in which nothing but what prints is left as it is."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )


def paint(text: str, code: str, color: bool | None) -> str:
    """A text in a colour, where there are colours."""
    return f"\x1b[{code}m{text}\x1b[0m" if wants_color(color) else text


def wants_color(color: bool | None) -> bool:
    """Whether escape codes belong into what is printed."""
    if color is not None:
        return color
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def signs_of() -> dict[Access, str]:
    """The signs, others where the standard output cannot print them."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        "".join(SIGNS.values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _ASCII
    return SIGNS


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"

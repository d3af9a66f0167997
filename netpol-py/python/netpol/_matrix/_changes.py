"""What a change opens and what it closes."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .._netpol import Engine
from .._types import PathLike
from ._access import ALLOWED, CODES, DENIED, UNANSWERED, Access
from ._groups import MatrixGroup, MatrixMember
from ._matrix import Matrix, ask
from ._text import WORDS, grid, label, paint


class MatrixChange(enum.StrEnum):
    """What became of a cell."""

    SAME = "same"
    """It says what it said."""
    OPENED = "opened"
    """Connections may be opened that could not be, and none is closed."""
    CLOSED = "closed"
    """Connections may not be opened any more, and none is opened."""
    OTHER = "other"
    """Something is opened and something else is closed, or what has an answer had none, or the other
    way about."""
    ABSENT = "absent"
    """Source or destination is in one of the two matrices only."""


CHANGES: tuple[MatrixChange, ...] = tuple(MatrixChange)
"""What the numbers in `MatrixChanges.changes` mean: the members of `MatrixChange` in their order."""

# By the access before and after: none, all, some, unanswered. Where pairs differ, before or after, they
# are looked at one by one.
_SAME, _OPENED, _CLOSED, _OTHER, _ABSENT = range(5)
_BECAME = np.array(
    [
        [_SAME, _OPENED, _SAME, _OTHER],
        [_CLOSED, _SAME, _SAME, _OTHER],
        [_SAME, _SAME, _SAME, _SAME],
        [_OTHER, _OTHER, _SAME, _SAME],
    ],
    np.uint8,
)


@dataclass(frozen=True, eq=False)
class MatrixChanges:
    """What is different between two matrices: made by `Matrix.diff`.

    Rows and columns are those of both, each once; what only one of them has is `ABSENT`, and told by
    `added` and `removed`.
    """

    sources: tuple[MatrixGroup, ...]
    """Who the rows stand for."""
    destinations: tuple[MatrixGroup, ...]
    """Who the columns stand for."""
    changes: npt.NDArray[np.uint8] = field(repr=False)
    """For each source and destination the place in ``list(MatrixChange)`` of what became of it."""
    before: Matrix = field(repr=False)
    """The matrix before."""
    after: Matrix = field(repr=False)
    """The matrix after."""
    _places: tuple[npt.NDArray[np.intp], ...] = field(repr=False)

    def __bool__(self) -> bool:
        """Whether anything is different; that somebody came or went is no difference."""
        return any(
            self.count(change)
            for change in (MatrixChange.OPENED, MatrixChange.CLOSED, MatrixChange.OTHER)
        )

    def count(self, change: MatrixChange | str) -> int:
        """How many cells became so."""
        return int(np.count_nonzero(self.changes == CHANGES.index(MatrixChange(change))))

    def pairs(self, change: MatrixChange | str) -> Iterator[tuple[MatrixGroup, MatrixGroup]]:
        """Source and destination of every cell that became so, source by source."""
        for row, column in np.argwhere(self.changes == CHANGES.index(MatrixChange(change))).tolist():
            yield self.sources[row], self.destinations[column]

    def opened(self) -> Iterator[tuple[MatrixGroup, MatrixGroup]]:
        """Source and destination of every cell in which something is opened and nothing closed."""
        return self.pairs(MatrixChange.OPENED)

    def closed(self) -> Iterator[tuple[MatrixGroup, MatrixGroup]]:
        """Source and destination of every cell in which something is closed and nothing opened."""
        return self.pairs(MatrixChange.CLOSED)

    @property
    def added(self) -> tuple[MatrixGroup, ...]:
        """Who is there after the change only."""
        return self._only(self.after, self.before)

    @property
    def removed(self) -> tuple[MatrixGroup, ...]:
        """Who is there before the change only."""
        return self._only(self.before, self.after)

    def _only(self, one: Matrix, other: Matrix) -> tuple[MatrixGroup, ...]:
        known = {group.name for group in (*other.sources, *other.destinations)}
        groups = {group.name: group for group in (*one.sources, *one.destinations)}
        return tuple(group for name, group in groups.items() if name not in known)

    def rows(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Source, destination, what became of it, and the access before and after of every cell that is
        not the same, source by source; the access is empty where it was or is not there."""
        for row, column in np.argwhere(self.changes != _SAME).tolist():
            accesses = []
            for number, matrix in enumerate((self.before, self.after)):
                at = self._places[2 * number][row], self._places[2 * number + 1][column]
                accesses.append(CODES[matrix.access[at]].value if min(at) >= 0 else "")
            change = CHANGES[self.changes[row, column]]
            yield (
                self.sources[row].name,
                self.destinations[column].name,
                change.value,
                accesses[0],
                accesses[1],
            )

    def to_dict(self) -> dict[str, Any]:
        """The changes as plain lists and dictionaries, as ``netpol matrix --diff -o json`` prints them."""
        names = ("source", "destination", "change", "before", "after")
        return {
            "ports": [{"port": port.port, "protocol": port.protocol} for port in self.before.ports],
            "added": [group.name for group in self.added],
            "removed": [group.name for group in self.removed],
            "changes": [dict(zip(names, row, strict=True)) for row in self.rows() if row[2] != "absent"],
        }

    def to_text(self, *, color: bool | None = None, width: int | None = None) -> str:
        """The changes for a terminal: the rows and columns in which there are any. `color` and `width`
        are as in `Matrix.to_text`."""
        signs = {change: paint(_SIGNS[change], _COLORS[change], color) for change in CHANGES}
        told = [
            f"{signs[change]} {change} {self.count(change)}"
            for change in (MatrixChange.OPENED, MatrixChange.CLOSED, MatrixChange.OTHER)
            if self.count(change)
        ]
        ports = ", ".join(map(str, self.before.ports))
        lines = [f"{ports}: " + ("   ".join(told) or "nothing is opened, nothing is closed")]
        for sign, groups, word in (("+", self.added, "came"), ("-", self.removed, "went")):
            lines += [f"{sign} {label(group)} {word}" for group in groups]
        different = (self.changes != _SAME) & (self.changes != _ABSENT)
        rows, columns = np.flatnonzero(different.any(1)), np.flatnonzero(different.any(0))
        if len(rows):
            sources, destinations = (
                [axis[n] for n in own]
                for axis, own in ((self.sources, rows), (self.destinations, columns))
            )
            table = [
                [signs[CHANGES[code]] for code in row]
                for row in self.changes[np.ix_(rows, columns)].tolist()
            ]
            lines += grid(sources, destinations, table, color=color, width=width)
        return "\n".join(line.rstrip() for line in lines)

    def to_html(self, *, title: str | None = None, explanations: int = 50_000) -> str:
        """The changes as a page of HTML that needs nothing else, as `Matrix.to_html`: a cell explains what
        was and what is."""
        from . import _page
        from ._bodies import Bodies

        told = Bodies(explanations)
        sections = []
        for number, port in enumerate(self.before.ports):
            for place, (word, matrix) in enumerate((("before", self.before), ("after", self.after))):
                part = told.of(matrix, number)
                sections.append(
                    _page.section(
                        part,
                        port,
                        f"{port}, {word}",
                        self._places[2 * place],
                        self._places[2 * place + 1],
                    )
                )
        states, cells = self._states()
        data = {
            "rows": _page.ends(self.sources),
            "columns": _page.ends(self.destinations),
            "states": states,
            "layers": [{"name": "all ports", "cells": _page.pack(cells)}],
            "sections": sections,
        }
        ports = ", ".join(map(str, self.before.ports))
        return _page.page(title or "What is opened, what is closed", ports, data, told)

    def write_html(
        self, path: PathLike, *, title: str | None = None, explanations: int = 50_000
    ) -> None:
        """Writes the page of `to_html` to a file."""
        page = self.to_html(title=title, explanations=explanations)
        Path(path).write_text(page, encoding="utf-8")

    def _states(self) -> tuple[list[dict[str, str]], npt.NDArray[np.uint8]]:
        """What the cells of the page may be: what is different, and faintly what is as it was."""
        states = [
            {"name": change.value, "sign": _SIGNS[change], "style": change.value}
            for change in CHANGES[1:4]
        ]
        states += [
            {"name": "in one of them only", "sign": "", "style": "outside"},
            {"name": "no policy applies", "sign": "", "style": "outside"},
        ]
        styles = {Access.NONE: "none", Access.UNANSWERED: "unanswered"}
        states += [
            {"name": f"{WORDS[one]} as before", "sign": "", "style": styles.get(one, "same")}
            for one in CODES
        ]
        before = _spread(self.before, self._places[0], self._places[1])
        cells = np.where(self.changes == _SAME, before + len(CHANGES), self.changes - 1)
        one, other = (
            [group.is_external for group in axis] for axis in (self.sources, self.destinations)
        )
        cells[np.logical_and.outer(one, other)] = len(CHANGES) - 1
        return states, cells.astype(np.uint8)

    def __str__(self) -> str:
        return self.to_text(color=False, width=100)


_SIGNS = {
    MatrixChange.SAME: "·",
    MatrixChange.OPENED: "+",
    MatrixChange.CLOSED: "−",
    MatrixChange.OTHER: "±",
    MatrixChange.ABSENT: " ",
}
_COLORS = {
    MatrixChange.SAME: "2",
    MatrixChange.OPENED: "1;33",
    MatrixChange.CLOSED: "1;34",
    MatrixChange.OTHER: "1;35",
    MatrixChange.ABSENT: "2",
}


def compare(before: Matrix, after: Matrix | Engine) -> MatrixChanges:
    """The changes from one matrix to another. Where the policies of the two name different prefixes,
    both are asked anew about all of them."""
    if isinstance(after, Engine):
        after = ask(after, before._question, before._contents.named)
    if before.ports != after.ports:
        raise ValueError("the two matrices are about different ports")
    one, other = (matrix._contents.named | matrix._contents.compared for matrix in (before, after))
    if one != other:
        before, after = (ask(matrix.engine, matrix._question, one | other) for matrix in (before, after))
    sources = _both(before.sources, after.sources)
    destinations = _both(before.destinations, after.destinations)
    places = tuple(
        _places(own, groups)
        for matrix in (before, after)
        for own, groups in ((matrix.sources, sources), (matrix.destinations, destinations))
    )
    changes = _became(before, after, places)
    changes.setflags(write=False)
    return MatrixChanges(sources, destinations, changes, before, after, places)


def _became(
    before: Matrix, after: Matrix, places: Sequence[npt.NDArray[np.intp]]
) -> npt.NDArray[np.uint8]:
    """What became of each cell: of its ports, and where there is more than one thing to a port, of its
    pairs."""
    shape = (len(places[0]), len(places[1]))
    opened, closed, other = (np.zeros(shape, np.bool_) for _ in range(3))
    for port in range(len(before.ports)):
        old, new = (
            _spread(matrix, places[start], places[start + 1], port)
            for matrix, start in ((before, 0), (after, 2))
        )
        became = _BECAME[old, new]
        opened |= became == _OPENED
        closed |= became == _CLOSED
        other |= became == _OTHER
        for row, column in np.argwhere((old == 2) | (new == 2)).tolist():
            at = (places[0][row], places[1][column], places[2][row], places[3][column])
            if min(at) >= 0:
                found = _pair_by_pair(before, after, port, *map(int, at))
                opened[row, column] |= found[0]
                closed[row, column] |= found[1]
                other[row, column] |= found[2]
    changes = np.where(
        opened & ~closed & ~other, _OPENED, np.where(closed & ~opened & ~other, _CLOSED, _OTHER)
    )
    changes = np.where(opened | closed | other, changes, _SAME).astype(np.uint8)
    absent = np.logical_or.outer(
        np.minimum(places[0], places[2]) < 0, np.minimum(places[1], places[3]) < 0
    )
    changes[absent] = _ABSENT
    return changes


def _pair_by_pair(
    before: Matrix, after: Matrix, port: int, row: int, column: int, new_row: int, new_column: int
) -> tuple[bool, bool, bool]:
    """Whether, among the pairs of a cell that are there before and after, some are opened, some are
    closed, and some have or had no answer."""
    ends = (
        (before.sources[row], after.sources[new_row]),
        (before.destinations[column], after.destinations[new_column]),
    )
    if ends[1][0].kind == "service":
        return _backend_by_backend(before, after, port, *ends)
    old, new = (
        matrix._pairs(port, *(_members(groups[number], groups) for groups in ends))
        for number, matrix in enumerate((before, after))
    )
    sources, destinations = (
        [_identity(member) for member in _members(groups[0], groups)] for groups in ends
    )
    counts = np.array([[one != other for other in destinations] for one in sources], np.bool_)
    counts = counts if counts.any() else ~counts
    return (
        bool(((old == DENIED) & (new == ALLOWED) & counts).any()),
        bool(((old == ALLOWED) & (new == DENIED) & counts).any()),
        bool((((old == UNANSWERED) != (new == UNANSWERED)) & counts).any()),
    )


def _backend_by_backend(
    before: Matrix,
    after: Matrix,
    port: int,
    sources: tuple[MatrixGroup, MatrixGroup],
    services: tuple[MatrixGroup, MatrixGroup],
) -> tuple[bool, bool, bool]:
    """The same of a Service, among the backends that it has before and after."""
    opened = closed = other = False
    for pair in zip(*(_members(group, sources) for group in sources), strict=True):
        old, new = (
            matrix._backends(port, member, group.members[0])
            for matrix, member, group in zip((before, after), pair, services, strict=True)
        )
        common = old.keys() & new.keys()
        opened |= any((old[one], new[one]) == (DENIED, ALLOWED) for one in common)
        closed |= any((old[one], new[one]) == (ALLOWED, DENIED) for one in common)
        other |= (UNANSWERED in old.values()) != (UNANSWERED in new.values())
    return opened, closed, other


def _members(group: MatrixGroup, groups: tuple[MatrixGroup, MatrixGroup]) -> list[MatrixMember]:
    """The members of a group that are in both of two, in the same order for each."""
    common = set.intersection(*({_identity(member) for member in one.members} for one in groups))
    found = {_identity(member): member for member in group.members}
    return [found[one] for one in sorted(common)]


def _identity(member: MatrixMember) -> str:
    """Who somebody is, also with other addresses."""
    return str(member) if member.endpoint is None else repr(member.endpoint)


def _spread(
    matrix: Matrix, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], port: int | None = None
) -> npt.NDArray[np.uint8]:
    """The access of a matrix in the rows and columns of a larger one; what is in the place of those
    that it does not have means nothing."""
    access = matrix.access if port is None else matrix.access_by_port[port]
    spread: npt.NDArray[np.uint8] = access[rows][:, columns]
    return spread


def _both(before: Sequence[MatrixGroup], after: Sequence[MatrixGroup]) -> tuple[MatrixGroup, ...]:
    """The groups of two axes, each once: the endpoints of both before everybody else."""
    groups = {group.name: group for group in (*before, *after)}
    inside = sorted(
        (group for group in groups.values() if not group.is_external),
        key=lambda group: (group.namespace, group.name),
    )
    outside = [group for group in groups.values() if group.is_external]
    return (*inside, *outside)


def _places(groups: Sequence[MatrixGroup], of: Sequence[MatrixGroup]) -> npt.NDArray[np.intp]:
    """Where groups are on an axis, -1 for those that it does not have."""
    places = {group.name: number for number, group in enumerate(groups)}
    return np.array([places.get(group.name, -1) for group in of], np.intp)

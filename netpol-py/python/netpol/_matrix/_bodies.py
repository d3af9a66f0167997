"""The explanations of a whole matrix, each told once.

What `Engine.explain` says of two ends is, but for their names and addresses, what it says of any other
two that are like them. So one of each kind is explained, signs are put in the places of names and
addresses, and lines that are alike are kept once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._answers import Party, ServiceExplanation
from ._access import CODES, Access
from ._cell import explain
from ._groups import MatrixMember
from ._text import printable

if TYPE_CHECKING:
    from ._matrix import Matrix

LEFT_OUT, IN_DETAIL = 0, -1
"""What is in the place of a body: that there is none, and that the cell has an entry of its own."""

_NONE = len(CODES)
_SOURCE, _DESTINATION = "\x01", "\x02"
_SOURCE_ADDRESS, _DESTINATION_ADDRESS = "\x03", "\x04"


@dataclass(frozen=True, slots=True)
class PortBodies:
    """The explanations of one port of a matrix."""

    bodies: npt.NDArray[np.int32]
    """The explanation of each cell, by the first member of its row with that of its column;
    `LEFT_OUT`, or `IN_DETAIL`."""
    details: dict[tuple[int, int], dict[str, Any]]
    """Of the cells in which more is to be told: how many pairs are allowed, denied and without an
    answer, and examples, each an explanation and its two ends."""
    rows: list[int]
    """The end that is the first member of each row."""
    columns: list[int]
    """The same of each column."""


class Bodies:
    """Explanations of several matrices, with what they have in common kept once."""

    def __init__(self, budget: int) -> None:
        self._left = budget
        self._lines: dict[str, int] = {}
        self._bodies: dict[tuple[int, ...], int] = {}
        self._parties: dict[tuple[str, ...], int] = {}

    @property
    def lines(self) -> list[str]:
        """Every line once, with the signs 1 and 2 for the names of source and destination, and 3 and 4
        for their addresses alone."""
        return list(self._lines)

    @property
    def bodies(self) -> list[tuple[int, ...]]:
        """For each explanation, counted from 1, the family in which its ends meet and its lines."""
        return list(self._bodies)

    @property
    def parties(self) -> list[tuple[str, ...]]:
        """For each end its name, and its addresses in IPv4 and IPv6."""
        return list(self._parties)

    def of(self, matrix: Matrix, port: int) -> PortBodies:
        """The explanations of one port."""
        return _Port(self, matrix, port).told()

    def party(self, member: MatrixMember) -> int:
        """The number of an end."""
        own = member.endpoint
        by_family = {address.version: str(address) for address in member.addresses}
        name = f"{own.namespace}/{own.name}" if own is not None else member.service or ""
        party = (printable(name), by_family.get(4, ""), by_family.get(6, ""))
        return self._parties.setdefault(party, len(self._parties))

    @property
    def is_spent(self) -> bool:
        """Whether no more may be explained."""
        return self._left <= 0

    def take(self) -> bool:
        """Whether one more may be explained."""
        self._left -= 1
        return self._left >= 0

    def body(self, matrix: Matrix, port: int, source: MatrixMember, destination: MatrixMember) -> int:
        """The number of the explanation of two ends."""
        found = explain(matrix.engine, source, destination, matrix.ports[port])
        if isinstance(found, str):
            return self._number(0, ["no answer", _unanswered(printable(found), source, destination)])
        lines = list(map(printable, str(found).split("\n")))
        if isinstance(found, ServiceExplanation):
            return self._number(0, lines)
        family = _family(found.source) or _family(found.destination) or 0
        ends = f"{printable(str(found.source))} -> {printable(str(found.destination))}"
        lines[1] = lines[1].replace(ends, f"{_SOURCE} -> {_DESTINATION}", 1)
        for line, text in enumerate(lines[2:], 2):
            for start, party, sign in (
                ("egress from ", found.source, _SOURCE),
                ("ingress to ", found.destination, _DESTINATION),
            ):
                name = printable(_short(party))
                if text.startswith(f"{start}{name}: "):
                    text = f"{start}{sign}: {text.removeprefix(f'{start}{name}: ')}"
            for party, sign in (
                (found.source, _SOURCE_ADDRESS),
                (found.destination, _DESTINATION_ADDRESS),
            ):
                if party.address is not None:
                    text = text.replace(f": {party.address} is ", f": {sign} is ")
            lines[line] = text
        return self._number(family, lines)

    def _number(self, family: int, lines: Iterable[str]) -> int:
        numbers = (self._lines.setdefault(line, len(self._lines)) for line in lines)
        return self._bodies.setdefault((family, *numbers), len(self._bodies) + 1)


class _Port:
    """The explanations of one port of a matrix."""

    def __init__(self, told: Bodies, matrix: Matrix, port: int) -> None:
        self._told = told
        self._matrix = matrix
        self._port = port
        alikes = matrix._alikes
        self._kinds = alikes.by_everything
        self._rows = [alikes.numbers(group.members) for group in matrix.sources]
        self._columns = [alikes.numbers(group.members) for group in matrix.destinations]
        self._known: dict[tuple[int, int, bool], int] = {}

    def told(self) -> PortBodies:
        access = self._matrix.access_by_port[self._port]
        several = access == CODES.index(Access.SOME)
        for row, column in self._meeting():
            several[row, column] = True
        for column, group in enumerate(self._matrix.destinations):
            several[:, column] |= group.kind == "service"
        bodies = self._uniform(access, several)
        details = {}
        for row, column in np.argwhere(several).tolist():
            detail = self._detail(row, column)
            if detail is not None:
                bodies[row, column] = IN_DETAIL
                details[row, column] = detail
        rows, columns = (
            [self._party(numbers[0]) for numbers in axis] for axis in (self._rows, self._columns)
        )
        return PortBodies(bodies, details, rows, columns)

    def _party(self, number: int) -> int:
        return self._told.party(self._matrix._alikes.members[number])

    def _meeting(self) -> list[tuple[int, int]]:
        """The cells whose row and column have somebody in common."""
        columns: dict[int, set[int]] = {}
        for column, numbers in enumerate(self._columns):
            for number in numbers:
                columns.setdefault(number, set()).add(column)
        cells = {
            (row, column)
            for row, numbers in enumerate(self._rows)
            for number in numbers
            for column in columns.get(number, ())
        }
        return sorted(cells)

    def _uniform(
        self, access: npt.NDArray[np.uint8], several: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int32]:
        """The bodies of the cells in which all is alike; the rarest access is explained first."""
        rows, columns = (_Kinds(axis, self._kinds) for axis in (self._rows, self._columns))
        # For each pair of kinds what a cell of theirs is, if there is one.
        codes = np.full((len(rows.firsts), len(columns.firsts)), _NONE, np.uint8)
        for row, kind in enumerate(rows.of):
            alike = ~several[row]
            codes[kind, columns.of[alike]] = access[row, alike]
        table = np.full(codes.shape, LEFT_OUT, np.int32)
        for kind, other in _rarest_first(codes):
            found = self._body(*_two(rows.firsts[kind], columns.firsts[other]))
            if found == LEFT_OUT:
                break
            table[kind, other] = found
        bodies: npt.NDArray[np.int32] = table[rows.of][:, columns.of]
        bodies[several] = LEFT_OUT
        return bodies

    def _detail(self, row: int, column: int) -> dict[str, Any] | None:
        """How many pairs are so and so, with an example of each."""
        if self._told.is_spent and self._matrix.destinations[column].kind == "service":
            # To count the backends is to explain them.
            return None
        counted = self._matrix._counted(self._port, row, column)
        examples = []
        for source, destination in dict.fromkeys(counted.examples.values()):
            body = self._body(source, destination)
            if body == LEFT_OUT:
                return None
            examples.append([body, self._party(source), self._party(destination)])
        return {"counts": [counted.counts.get(bit, 0) for bit in (1, 2, 4)], "examples": examples}

    def _body(self, source: int, destination: int) -> int:
        key = (self._kinds[source], self._kinds[destination], source == destination)
        known = self._known.get(key)
        if known is None:
            if not self._told.take():
                return LEFT_OUT
            members = self._matrix._alikes.members
            known = self._told.body(self._matrix, self._port, members[source], members[destination])
            # What is said of a Service names both ends wherever it likes.
            if members[destination].service is None:
                self._known[key] = known
        return known


class _Kinds:
    """The kinds that the first members of rows or columns are of."""

    def __init__(self, axis: Sequence[Sequence[int]], kinds: Sequence[int]) -> None:
        numbers: dict[int, int] = {}
        self.of = np.array([numbers.setdefault(kinds[own[0]], len(numbers)) for own in axis], np.intp)
        """For each row or column the number of its kind."""
        self.firsts: list[list[int]] = [[] for _ in numbers]
        """Two members of each kind, where there are two."""
        for kind, own in zip(self.of.tolist(), axis, strict=True):
            if len(self.firsts[kind]) < 2:
                self.firsts[kind].append(own[0])


def _two(some: Sequence[int], others: Sequence[int]) -> tuple[int, int]:
    """One of each that are not the same, where there are such."""
    different = ((one, other) for one in some for other in others if one != other)
    return next(different, (some[0], others[0]))


def _rarest_first(codes: npt.NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """The places in which there is a code, those of the rarest code before the others."""
    counts = np.bincount(codes.reshape(-1), minlength=_NONE + 1)[:_NONE]
    for code in np.argsort(counts, kind="stable").tolist():
        if not counts[code]:
            continue
        for row, own in enumerate(codes):
            for column in np.flatnonzero(own == code).tolist():
                yield row, column


def _unanswered(reason: str, source: MatrixMember, destination: MatrixMember) -> str:
    """Why there is no answer, with signs in the places of the two ends."""
    one, other = (_called(member) for member in (source, destination))
    if reason.startswith(f"`{one}` and `{other}` have "):
        return f"`{_SOURCE}` and `{_DESTINATION}` have " + reason.split("` have ", 1)[1]
    if reason.startswith(f"`{other}` declares "):
        return f"`{_DESTINATION}` declares " + reason.removeprefix(f"`{other}` declares ")
    return reason


def _called(member: MatrixMember) -> str:
    """How errors call an end: where it is no endpoint by the address that it was asked by."""
    if member.endpoint is not None:
        return printable(f"{member.endpoint.namespace}/{member.endpoint.name}")
    return str(member)


def _short(party: Party) -> str:
    if party.endpoint is None:
        return str(party)
    return f"{party.endpoint.namespace}/{party.endpoint.name}"


def _family(party: Party) -> int | None:
    return party.address.version if party.address is not None else None

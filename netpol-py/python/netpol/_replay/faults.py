"""Rows that could not be read: counted, with reasons and places."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass

PLACES = 10
"""How many places of each reason are kept, the first of them."""

REASONS = 1_000
"""How many reasons are kept apart."""

_LONGEST = 300
"""How much is kept of what is wrong with a row, in characters."""

_OTHERS = ("", "other reasons")
# What differs from row to row in the detail of a fault.
_PARTICULAR = re.compile(r"`[^`]*`|(?<![\w.])[0-9a-fA-F]*[:.]?[0-9][\w:.]*")

Place = tuple[int, int]
"""A part of the log, and a row in it."""


@dataclass(slots=True)
class Fault:
    """Rows with one reason."""

    count: int
    places: list[Place]
    """The first of them, in order."""
    detail: str
    """The reason in the words of the first."""


class Faults:
    """Reasons with their rows. How many there are of them does not depend on how long the log is.

    Which are kept does not depend on the order in which they come, nor on who meets them: of the
    reasons the first by the alphabet, of the rows the first by their place.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Fault] = {}
        self._others = 0

    def add(self, column: str, detail: str, place: Place) -> None:
        """Counts one row."""
        if len(detail) > _LONGEST:
            detail = detail[: _LONGEST - 1] + "…"
        key = (column, _PARTICULAR.sub("…", detail))
        self._join(key, Fault(1, [place], detail))
        if len(self._known) > 2 * REASONS:
            self._prune()

    def merge(self, other: Faults) -> None:
        """Counts everything that another has counted."""
        for key, fault in other._known.items():
            self._join(key, Fault(fault.count, list(fault.places), fault.detail))
        self._others += other._others
        self._prune()

    @property
    def count(self) -> int:
        """How many rows there are in all."""
        return self._others + sum(fault.count for fault in self._known.values())

    def found(self) -> Iterator[tuple[str, Fault]]:
        """Each reason with its column, the most frequent first."""
        self._prune()
        ordered = sorted(self._known.items(), key=lambda entry: (-entry[1].count, entry[0]))
        for (column, _), fault in ordered:
            yield column, fault
        if self._others:
            yield _OTHERS[0], Fault(self._others, [], _OTHERS[1])

    def _join(self, key: tuple[str, str], fault: Fault) -> None:
        known = self._known.get(key)
        if known is None:
            self._known[key] = fault
            return
        if fault.places < known.places:
            known.detail = fault.detail
        known.count += fault.count
        known.places = list(heapq.merge(known.places, fault.places))[:PLACES]

    def _prune(self) -> None:
        # A reason that is among the first of all is among the first of every part, so that what is kept
        # in the end was never dropped before, and its count is right.
        if len(self._known) > REASONS:
            for key in sorted(self._known)[REASONS:]:
                self._others += self._known.pop(key).count

"""Counts of what a change does to flows, part by part, and how they add up."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from .effects import TooManyGroupsError
from .faults import Faults
from .needs import pa, pc


_TIME = pa.timestamp("us", "UTC")

_BASIS = {"direction": pa.string(), "reason": pa.string(), "policy": pa.string(), "rule": pa.int64()}
KEYS = {
    "effect": pa.string(),
    "source": pa.string(),
    "destination": pa.string(),
    "protocol": pa.string(),
    "port": pa.int64(),
    **{f"{when}_{name}": kind for when in ("before", "after") for name, kind in _BASIS.items()},
}
"""What makes a group, with its types."""

_SUMS = ("flows", "packets", "bytes", "recorded_allow", "recorded_deny")
EXAMPLE = {
    "part": pa.int64(),
    "row": pa.int64(),
    "example_source": pa.string(),
    "example_destination": pa.string(),
    "example_source_port": pa.int64(),
}
"""The first flow of a group, with its types."""

SCHEMA = pa.schema({
    **KEYS,
    **dict.fromkeys(_SUMS, pa.int64()),
    "first": _TIME,
    "last": _TIME,
    **EXAMPLE,
})
"""The columns of groups."""

# As they are is what a first value must be, missing or not: others would belong to another flow.
_AS_IT_IS = pc.ScalarAggregateOptions(skip_nulls=False)
_AGGREGATES = [
    *((name, "sum", None) for name in _SUMS),
    ("first", "min", None),
    ("last", "max", None),
    *((name, "first", _AS_IT_IS) for name in EXAMPLE),
]


def united(tables: list[Any]) -> Any:
    """Tables of groups as one, in which every group is once."""
    table = pa.concat_tables(tables).sort_by([("part", "ascending"), ("row", "ascending")])
    grouped = table.group_by(list(KEYS), use_threads=False).aggregate(_AGGREGATES)
    names = {f"{name}_{how}": name for name, how, _ in _AGGREGATES}
    return grouped.rename_columns([names.get(name, name) for name in grouped.column_names]).select(
        SCHEMA.names
    )


@dataclass(slots=True)
class Counts:
    """How many rows there were, of each kind."""

    rows: int = 0
    judged: int = 0
    replies: int = 0
    guessed_replies: int = 0
    no_data: int = 0
    gaps: int = 0
    allowed_before: int = 0
    allowed_after: int = 0

    def add(self, other: Counts) -> None:
        for own in fields(self):
            setattr(self, own.name, getattr(self, own.name) + getattr(other, own.name))


@dataclass(slots=True)
class Tally:
    """What was counted in some parts of a log.

    Tallies of disjoint rows add up with `merge`, in any order and any grouping, to the tally of all of
    them: sums, minima and maxima, and of examples and faults the first by their place.
    """

    max_groups: int
    counts: Counts = field(default_factory=Counts)
    faults: Faults = field(default_factory=Faults)
    parts: dict[int, int] = field(default_factory=dict)
    """How many rows each part of the log has."""
    _groups: list[Any] = field(default_factory=list)
    """Tables of groups; `groups` makes one of them."""
    _pending: int = 0

    def merge(self, other: Tally) -> None:
        """Adds what another has counted."""
        self.counts.add(other.counts)
        self.faults.merge(other.faults)
        for part, rows in other.parts.items():
            self.parts[part] = self.parts.get(part, 0) + rows
        for table in other._groups:
            self.add_groups(table)

    def add_groups(self, table: Any) -> None:
        """Adds a table of groups."""
        if not table.num_rows:
            return
        self._groups.append(table)
        self._pending += table.num_rows
        # Now and then, so that each group is looked at a few times only, however many batches there are.
        if self._pending > max(1 << 16, 2 * self._groups[0].num_rows):
            self.groups()

    def groups(self) -> Any:
        """The groups, each once. Raises `TooManyGroupsError`."""
        if len(self._groups) != 1 or self._pending:
            self._groups = [united(self._groups or [SCHEMA.empty_table()])]
            self._pending = 0
        if self._groups[0].num_rows > self.max_groups:
            raise TooManyGroupsError(
                f"there are more than {self.max_groups:,} groups of flows: count more of them together with "
                "ends=\"workload\" or \"namespace\" and with shorter prefixes in outside, such as (16, 48) "
                "or (0, 0); or raise max_groups"
            )
        return self._groups[0]

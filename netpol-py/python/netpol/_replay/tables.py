"""Groups of flows as tables and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .effects import Effect
from .needs import pa
from .result import (
    Basis,
    FlowExample,
    FlowGroup,
    FlowPlace,
    Replay,
    ReplayTotals,
    UnreadRows,
)
from .tally import SCHEMA, Tally

_ORDER = {effect: place for place, effect in enumerate(Effect)}


def finished(tally: Tally, files: Mapping[int, str] | None) -> Replay:
    """What was counted, with names and places.

    `files` are the names of the parts of the log; without them the parts are one table, in their order.
    """
    starts = {}
    start = 0
    for part in sorted(tally.parts):
        starts[part] = start
        start += tally.parts[part]

    def place(part: int, row: int) -> FlowPlace:
        if files is not None:
            return FlowPlace(row, files[part])
        return FlowPlace(starts[part] + row)

    groups = [_group(row, place(row["part"], row["row"])) for row in tally.groups().to_pylist()]
    unread = tuple(
        UnreadRows(column, fault.detail, fault.count, tuple(place(*one) for one in fault.places))
        for column, fault in tally.faults.found()
    )
    counts = tally.counts
    totals = ReplayTotals(
        rows=counts.rows,
        judged=counts.judged,
        replies=counts.replies,
        guessed_replies=counts.guessed_replies,
        no_data=counts.no_data,
        gaps=counts.gaps,
        unread=tally.faults.count,
        allowed_before=counts.allowed_before,
        allowed_after=counts.allowed_after,
    )
    return Replay(totals, tuple(sorted(groups, key=_rank)), unread)


def _group(row: dict[str, Any], place: FlowPlace) -> FlowGroup:
    bases = [
        Basis(*(row[f"{when}_{name}"] for name in ("direction", "reason", "policy", "rule")))
        if row[f"{when}_direction"] is not None
        else None
        for when in ("before", "after")
    ]
    before, after = bases
    assert before is not None, "before always decides"
    return FlowGroup(
        effect=Effect(row["effect"]),
        before=before,
        after=after,
        example=FlowExample(
            row["example_source"], row["example_destination"], row["example_source_port"], place
        ),
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = (
    "source",
    "destination",
    "protocol",
    "port",
    "flows",
    "packets",
    "bytes",
    "first",
    "last",
    "recorded_allow",
    "recorded_deny",
)


def _rank(group: FlowGroup) -> tuple[Any, ...]:
    """The order in which groups are told; no two are equal in it."""
    after = group.after
    bases = (group.before, after or group.before)
    return (
        _ORDER[group.effect],
        -group.flows,
        group.source,
        group.destination,
        group.protocol,
        -1 if group.port is None else group.port,
        *((one.direction, one.reason, one.policy or "", -1 if one.rule is None else one.rule) for one in bases),
    )


def table_of(groups: Sequence[FlowGroup]) -> Any:
    """The groups as a table: those of `FlowGroup`, with those of what is inside it behind their names."""
    fields = {name: SCHEMA.field(name).type for name in SCHEMA.names if name not in ("part", "row")}
    fields |= {"example_file": pa.string(), "example_row": pa.int64()}
    return pa.Table.from_pylist([_row(group) for group in groups], schema=pa.schema(fields))


def _row(group: FlowGroup) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(group, name) for name in _PLAIN}
    row["effect"] = str(group.effect)
    for when, basis in (("before", group.before), ("after", group.after)):
        for name in ("direction", "reason", "policy", "rule"):
            row[f"{when}_{name}"] = getattr(basis, name) if basis is not None else None
    example = group.example
    row["example_source"], row["example_destination"] = example.source, example.destination
    row["example_source_port"] = example.source_port
    row["example_file"], row["example_row"] = example.place.file, example.place.row
    return row

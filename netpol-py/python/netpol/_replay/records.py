"""The rows of a log in the form that the engine judges: columns under our names, replies and rows that
are no flows put aside, rows that cannot be read counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import values
from .faults import Faults
from .layouts import FIELDS, Layout, names_of, parts_of, path_steps, plain
from .needs import pa

Rows = npt.NDArray[np.int64]

PORTED = (6, 17, 132)
"""The protocols whose ports policies name: TCP, UDP, SCTP."""

_NO_DATA = ("NODATA", "node_status", "agent_event", "debug_event")
_GAP = ("SKIPDATA", "lost_events")

_SHOWN = 80
"""How much of a value is told, in characters."""

_SYN_ACK, _SYN = 0x12, 0x02


@dataclass(slots=True)
class Records:
    """The flows among the rows of a batch."""

    columns: dict[str, Any]
    """Arrow arrays under the names of `FlowColumns`, of equal length; those that the log has."""
    rows: Rows
    """Where each was in its part of the log."""
    read: int
    """How many rows the batch had."""
    replies: int = 0
    guessed_replies: int = 0
    no_data: int = 0
    gaps: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def keep(self, mask: npt.NDArray[np.bool_]) -> None:
        """Keeps some of them."""
        if not mask.all():
            chosen = values.arrow(mask)
            for name, column in self.columns.items():
                self.columns[name] = column.filter(chosen)
            self.rows = self.rows[mask]

    def put_aside(
        self, bad: npt.NDArray[np.bool_], faults: Faults, part: int, column: str, detail: Callable[[int], str]
    ) -> None:
        """Counts those that cannot be read, and keeps the others."""
        for index in np.flatnonzero(bad).tolist():
            faults.add(column, detail(index), (part, int(self.rows[index])))
        self.keep(~bad)


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read."""

    layout: Layout
    replies: Literal["skip", "turn", "keep"]
    usable: Callable[[str], bool] = field(compare=False)
    """Whether an end's text is an address, or an endpoint that is known."""
    sparse: bool = False
    """Whether a batch may lack columns that the log has, as JSON does."""

    def records(self, batch: Any, rows: Rows, part: int, faults: Faults) -> Records:
        """The flows of a batch; what cannot be read is counted among the faults.

        Raises `ValueError` when the log does not have the columns, and `TypeError` when they cannot be
        what they are said to be.
        """
        names: dict[str, int] = {}
        for place, name in enumerate(batch.schema.names):
            names.setdefault(plain(name), place)
        made = Records({}, rows, batch.num_rows)
        found = {own: self._columns(batch, names, own) for own in FIELDS}
        columns, status = made.columns, found.pop("status")
        for own, given in found.items():
            if given:
                columns[own] = given if own in ("source", "destination") else values.first(given)
        if status:
            self._leave_out_what_is_no_flow(made, values.first(status))
        for own in ("source", "destination"):
            columns[own] = values.end(own, columns[own], self.usable)
        if self.sparse and "protocol" in columns:
            # As if there were no such column, which is so in another batch.
            columns["protocol"] = values.decoded(columns["protocol"]).cast(pa.string()).fill_null("TCP")
        for own in ("protocol", "port", "source_port", "icmp_type", "icmp_code", "packets", "bytes", "tcp_flags"):
            if own in columns:
                self._read(made, own, values.protocols if own == "protocol" else values.numbers, faults, part)
        for own in ("start", "end"):
            if own in columns:
                unit = self.layout.columns.time_unit
                self._read(made, own, lambda name, column: values.times(name, column, unit), faults, part)
        for own, read in (("action", values.actions), ("reply", values.truths)):
            if own in columns:
                columns[own] = read(own, columns[own])
        if self.replies != "keep":
            self._set_replies_right(made, faults, part)
        for own in ("reply", "tcp_flags"):
            columns.pop(own, None)
        return made

    def _columns(self, batch: Any, names: dict[str, int], own: str) -> list[Any]:
        """The columns that a field may be read from, as far as they are there."""
        given = getattr(self.layout.columns, own)
        found = []
        for name in names_of(given):
            parts = parts_of(name)
            if len(parts) == 1:
                column = _at(batch, names, name)
                if column is not None and own in ("protocol", "status"):
                    column = values.structure_as_text(column, str(path_steps(name)[-1]))
            else:
                columns = [_at(batch, names, path) for path in parts[1::2]]
                column = None
                if all(one is not None for one in columns):
                    column = values.joined(parts[::2], columns)
            if column is not None:
                found.append(column)
        if not found and own in self.layout.required:
            if self.sparse:
                return [values.nothing(batch.num_rows)]
            raise self.layout.lacks(own, batch.schema.names)
        return found

    def _read(
        self,
        made: Records,
        own: str,
        read: Callable[[str, Any], tuple[Any, npt.NDArray[np.bool_] | None, str]],
        faults: Faults,
        part: int,
    ) -> None:
        """Reads a column, and puts aside the rows whose value is none."""
        given = made.columns[own]
        column, bad, what = read(own, given)
        made.columns[own] = column
        if bad is not None and bad.any():
            def detail(index: int) -> str:
                value = given[index].as_py()
                return "there is no value" if value is None else f"`{_shortened(str(value))}` is {what}"

            made.put_aside(bad, faults, part, own, detail)

    @staticmethod
    def _leave_out_what_is_no_flow(made: Records, status: Any) -> None:
        words = values.decoded(status)
        no_data, gap = (values.is_one_of(words, said) for said in (_NO_DATA, _GAP))
        if no_data.any() or gap.any():
            made.no_data, made.gaps = int(no_data.sum()), int(gap.sum())
            kept = values.arrow(~(no_data | gap))
            for own in ("source", "destination"):
                made.columns[own] = [column.filter(kept) for column in made.columns[own]]
            for own, column in made.columns.items():
                if own not in ("source", "destination"):
                    made.columns[own] = column.filter(kept)
            made.rows = made.rows[~(no_data | gap)]

    def _set_replies_right(self, made: Records, faults: Faults, part: int) -> None:
        """Skips replies, or turns them round."""
        reply, guessed = self._replies(made)
        if reply is None or not reply.any():
            return
        if self.replies == "turn":
            if "source_port" not in made.columns or "port" not in made.columns:
                raise ValueError('replies="turn" needs port and source_port')
            lost = reply & values.is_missing(made.columns["source_port"]) & _is_ported(made)
            if lost.any():
                made.put_aside(lost, faults, part, "source_port", lambda _: "a reply without it cannot be turned round")
                reply, guessed = reply[~lost], guessed[~lost]
            for one, other in (("source", "destination"), ("port", "source_port")):
                made.columns[one], made.columns[other] = values.exchanged(
                    reply, made.columns[one], made.columns[other]
                )
        made.replies, made.guessed_replies = int(reply.sum()), int(guessed.sum())
        if self.replies == "skip":
            made.keep(~reply)

    def _replies(self, made: Records) -> tuple[npt.NDArray[np.bool_] | None, npt.NDArray[np.bool_]]:
        """Which are replies, and which of those are only taken for some."""
        none = np.zeros(len(made), np.bool_)
        reply, known = none.copy(), none.copy()
        columns = made.columns
        if "reply" in columns:
            known = ~values.is_missing(columns["reply"])
            reply = values.filled(columns["reply"], False)
        if "tcp_flags" in columns:
            flags = values.filled(columns["tcp_flags"], 0)
            told = (flags & _SYN != 0) & ~known
            if "protocol" in columns:
                told &= values.filled(columns["protocol"], 0) == 6
            reply |= told & (flags & _SYN_ACK == _SYN_ACK)
            known |= told
        first = self.layout.columns.client_ports
        if first is None or "port" not in columns or "source_port" not in columns:
            return reply, none
        ends = [values.filled(columns[own], -1) for own in ("source_port", "port")]
        guessed = ~known & _is_ported(made) & (ends[0] >= 0) & (ends[0] < first) & (ends[1] >= first)
        return reply | guessed, guessed


def _shortened(text: str) -> str:
    """A value of a log, as far as it is to be told."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _is_ported(made: Records) -> npt.NDArray[np.bool_]:
    if "protocol" not in made.columns:
        return np.ones(len(made), np.bool_)
    return np.isin(values.filled(made.columns["protocol"], 0), PORTED)


def _at(batch: Any, names: dict[str, int], path: str) -> Any:
    """The column that a path leads to, or `None`."""
    if plain(path) in names:
        return batch.column(names[plain(path)])
    first, *steps = path_steps(path)
    place = names.get(plain(str(first)))
    return values.inside(batch.column(place), steps) if place is not None else None

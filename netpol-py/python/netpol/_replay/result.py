"""What a replay found."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .effects import Effect


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verdict rests on, as `Engine.attribute_batch` tells it of the direction that decides."""

    direction: str
    """``egress`` or ``ingress``."""
    reason: str
    """A `Reason`."""
    policy: str | None = None
    """The policy that decides, such as ``NetworkPolicy shop/db``; of several that isolate, the first."""
    rule: int | None = None
    """The index of the rule that decides, in ``spec.ingress`` or ``spec.egress``."""

    def __str__(self) -> str:
        rule = f" spec.{self.direction}[{self.rule}]" if self.rule is not None else ""
        policy = f", {self.policy}{rule}" if self.policy is not None else ""
        return f"{self.direction} {self.reason}{policy}"


@dataclass(frozen=True, slots=True)
class FlowPlace:
    """A row of a log. Printed ``logs/a.csv row 17``."""

    row: int
    """The number of the row, counted from 0 and without a header."""
    file: str | None = None
    """The file; none when the flows came as a table, the rows of which are counted throughout."""

    def __str__(self) -> str:
        return f"{self.file} row {self.row}" if self.file is not None else f"row {self.row}"


@dataclass(frozen=True, slots=True)
class FlowExample:
    """The first flow of a group, in the order of the log."""

    source: str
    """The source as the log has it."""
    destination: str
    """The destination as the log has it."""
    source_port: int | None
    """The source port, where the log tells it."""
    place: FlowPlace
    """Where it is."""


@dataclass(frozen=True, slots=True)
class FlowGroup:
    """Flows that are alike in their ends, their port and what decides on them."""

    effect: Effect
    """What is to be told of them."""
    source: str
    """The endpoint that sent, as ``shop/web``, or the prefix in which an address is that is none's."""
    destination: str
    """The endpoint or prefix that received."""
    protocol: str
    """The protocol: ``TCP``, ``ICMPv6``, ``protocol 47``."""
    port: int | None
    """The destination port, where the protocol has one."""
    before: Basis
    """What the verdict rests on before the change."""
    after: Basis | None
    """What it rests on after the change; none where the log is compared with `before` alone."""
    flows: int
    """How many rows of the log."""
    packets: int | None
    """How many packets, where the log tells it."""
    bytes: int | None
    """How many bytes, where the log tells it."""
    first: datetime.datetime | None
    """When the first of them began, where the log tells it."""
    last: datetime.datetime | None
    """When the last of them ended."""
    recorded_allow: int | None
    """Of how many of them the log says that they passed; none where it says nothing."""
    recorded_deny: int | None
    """Of how many of them the log says that they were refused."""
    example: FlowExample
    """One of them."""

    def __str__(self) -> str:
        port = f" {self.port}" if self.port is not None else ""
        return f"{self.source} -> {self.destination} {self.protocol}{port}"


@dataclass(frozen=True, slots=True)
class UnreadRows:
    """Rows that mean no flow, for one reason."""

    column: str
    """The column that is at fault, as `FlowColumns` calls it; ``row`` for the row as a whole."""
    detail: str
    """What is wrong with it, in the first of the rows."""
    count: int
    """How many rows."""
    places: tuple[FlowPlace, ...]
    """The first of them, up to ten."""


@dataclass(frozen=True, slots=True)
class ReplayTotals:
    """How many rows there were. Each is one of: judged, a reply left out, no data, a gap, unread."""

    rows: int
    """All of them."""
    judged: int
    """Those that both engines judged."""
    replies: int
    """Replies that were skipped; with ``replies="turn"`` those that were turned round, which are judged
    too."""
    guessed_replies: int
    """Those of the replies that were told by their ports alone."""
    no_data: int
    """Rows that say that there was no traffic."""
    gaps: int
    """Rows that say that flows are missing from the log: it is not complete."""
    unread: int
    """Rows that could not be read."""
    allowed_before: int
    """How many of those judged might pass before the change."""
    allowed_after: int
    """How many of those judged may pass after it."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a change would have done to recorded flows; made by `replay`.

    ``str()`` prints it for people. It is a table for any library that speaks Arrow's PyCapsule
    interface (``polars.DataFrame(found)``), `to_arrow` and `to_frame` make one of pyarrow and pandas,
    `to_dict` and `to_json` are for programs.
    """

    totals: ReplayTotals
    """How many rows there were."""
    groups: tuple[FlowGroup, ...]
    """The flows to be told of: those blocked, opened, passed and dropped, of each the most frequent
    first."""
    unread: tuple[UnreadRows, ...]
    """The rows that could not be read, the most frequent reason first."""

    @property
    def blocked(self) -> tuple[FlowGroup, ...]:
        """Flows that might pass before the change, and may not after it."""
        return self._of(Effect.BLOCKED)

    @property
    def opened(self) -> tuple[FlowGroup, ...]:
        """Flows that might not pass before the change, and may after it."""
        return self._of(Effect.OPENED)

    @property
    def drift(self) -> tuple[FlowGroup, ...]:
        """Flows that did not go as the policies before the change have it, by what the log says of them:
        `Effect.PASSED` and `Effect.DROPPED`."""
        return self._of(Effect.PASSED) + self._of(Effect.DROPPED)

    def flows(self, effect: Effect | str) -> int:
        """How many flows there are with an effect."""
        return sum(group.flows for group in self._of(Effect(effect)))

    def _of(self, effect: Effect) -> tuple[FlowGroup, ...]:
        return tuple(group for group in self.groups if group.effect is effect)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists and dictionaries, with names as JSON has them."""
        made: dict[str, Any] = _json(asdict(self))
        return made

    def to_json(self) -> str:
        """The same as JSON, indented."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def to_arrow(self) -> Any:
        """The groups as a `pyarrow.Table`, a row for each."""
        from .tables import table_of

        return table_of(self.groups)

    def to_frame(self) -> Any:
        """The groups as a `pandas.DataFrame`, a row for each."""
        return self.to_arrow().to_pandas()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The groups, for Arrow's PyCapsule interface."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __str__(self) -> str:
        return "\n".join(lines(self))


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {_camel_case(name): _json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(inner) for inner in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Effect) else value


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


_HEADINGS = {
    Effect.BLOCKED: "blocked",
    Effect.OPENED: "opened",
    Effect.PASSED: "passed, though the policies deny it",
    Effect.DROPPED: "refused, though the policies allow it",
}


def lines(found: Replay, most: int | None = None) -> Iterator[str]:
    """A replay for people, with at most so many groups of each effect."""
    totals = found.totals
    aside = [
        (totals.replies, "reply" if totals.replies == 1 else "replies"),
        (totals.no_data, "without data"),
        (totals.gaps, "gap in the log" if totals.gaps == 1 else "gaps in the log"),
        (totals.unread, "that could not be read"),
    ]
    more = "".join(f", {count:,} {what}" for count, what in aside if count)
    yield f"{_counted(totals.rows, 'row')}: {totals.judged:,} judged{more}"
    for effect, heading in _HEADINGS.items():
        groups = found._of(effect)
        if not groups:
            if effect in (Effect.BLOCKED, Effect.OPENED):
                yield f"{heading}: none"
            continue
        count = sum(group.flows for group in groups)
        yield f"{heading}: {_counted(count, 'flow')} in {_counted(len(groups), 'group')}"
        for group in groups[:most]:
            yield from _group_lines(group)
        if most is not None and len(groups) > most:
            left = groups[most:]
            yield f"  … {_counted(sum(one.flows for one in left), 'flow')} in {_counted(len(left), 'group')} more"
    if found.unread:
        yield "could not be read:"
    for reason in found.unread:
        places = ", ".join(str(place) for place in reason.places[:3])
        places += ", …" if reason.count > 3 and places else ""
        column = f"{reason.column}: " if reason.column else ""
        yield f"  {reason.count:,}  {column}{reason.detail}" + (f" ({places})" if places else "")


def _group_lines(group: FlowGroup) -> Iterator[str]:
    more = f", {_size(group.bytes)}" if group.bytes is not None else ""
    if group.first is not None and group.last is not None:
        more += f", {_time(group.first)} to {_time(group.last)}"
    yield f"  {group}: {_counted(group.flows, 'flow')}{more}"
    yield f"    before: {group.before}"
    if group.after is not None:
        yield f"    after:  {group.after}"
    example = group.example
    port = f":{example.source_port}" if example.source_port is not None else ""
    recorded = ""
    if group.after is not None and group.recorded_deny:
        recorded = f"; {group.recorded_deny:,} recorded as refused"
    yield f"    first:  {example.source}{port} -> {example.destination} ({example.place}){recorded}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _size(count: int) -> str:
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def _time(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")

"""A policy change, and what it does to a batch of flows."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .._errors import QuestionError, RowError
from .._netpol import Engine
from . import values
from .effects import Effect
from .layouts import Layout
from .needs import pa, pc
from .records import PORTED, Reading, Records, Rows
from .tally import SCHEMA, Counts, Tally

Mask = npt.NDArray[np.bool_]

_ASKED = ("source", "destination", "port", "protocol", "icmp_type", "icmp_code")
_BASIS = ("direction", "reason", "policy", "rule")
_OPTIONS = ("replies", "ends", "outside", "max_groups", "batch_rows", "threads")
_SERVICES = ("svc", "service", "services")

_REMEMBERED = 1 << 18
"""How many ends are remembered, so that each is looked up once."""

_NAMES = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A policy change and how flows are put to it. A pickle holds both engines."""

    before: Engine
    after: Engine
    replies: Literal["skip", "turn", "keep"] = "skip"
    ends: Literal["endpoint", "workload", "namespace"] = "workload"
    outside: tuple[int, int] = (24, 64)
    max_groups: int = 100_000
    batch_rows: int = 1 << 18
    threads: int | None = None
    _known: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)
    _names: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("before", "after"):
            if not isinstance(getattr(self, name), Engine):
                raise TypeError(f"{name} must be an Engine, not {type(getattr(self, name)).__name__}")
        if self.replies not in ("skip", "turn", "keep"):
            raise ValueError(f"replies must be `skip`, `turn` or `keep`, not `{self.replies}`")
        if self.ends not in ("endpoint", "workload", "namespace"):
            raise ValueError(f"ends must be `endpoint`, `workload` or `namespace`, not `{self.ends}`")
        lengths = tuple(self.outside)
        if len(lengths) != 2 or not (0 <= lengths[0] <= 32 and 0 <= lengths[1] <= 128):
            raise ValueError(
                "outside must be two lengths of prefixes, for IPv4 (0 to 32) and IPv6 (0 to 128), "
                f"not {self.outside!r}"
            )
        for name in ("max_groups", "batch_rows", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be 1 or more")

    def __reduce__(self) -> tuple[Any, ...]:
        saved = (self.before.save(), self.after.save())
        return _restored, (*saved, *(getattr(self, name) for name in _OPTIONS))

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        """By content, so that the same change is sent to workers once."""
        engines = [hashlib.sha256(engine.save()).hexdigest() for engine in (self.before, self.after)]
        return ("netpol.Change", *engines, *(getattr(self, name) for name in _OPTIONS))

    def reading(self, layout: Layout, *, sparse: bool = False) -> Reading:
        """How the rows of a log are read to be judged."""
        return Reading(layout, self.replies, self._is_end, sparse)

    def nothing(self) -> Tally:
        """The tally of no rows at all."""
        return Tally(self.max_groups)

    def judge(self, reading: Reading, batch: Any, rows: Rows, part: int) -> Tally:
        """What the change does to the flows of a batch, whose rows have these places in a part of the
        log."""
        tally = self.nothing()
        records = reading.records(batch, rows, part, tally.faults)
        tally.counts = Counts(
            rows=records.read,
            replies=records.replies,
            guessed_replies=records.guessed_replies,
            no_data=records.no_data,
            gaps=records.gaps,
        )
        tally.parts[part] = records.read
        if not len(records):
            return tally
        before, after = self._decide(records, tally, part)
        counts = tally.counts
        counts.judged = len(records)
        counts.allowed_before, counts.allowed_after = int(before.sum()), int(after.sum())
        told = self._told(records, before, after)
        if told.any():
            records.keep(told)
            self._group(records, before[told], after[told], tally, part)
        return tally

    def _decide(self, records: Records, tally: Tally, part: int) -> tuple[Mask, Mask]:
        """The verdicts of both engines. Rows that mean no flow to one of them are put aside."""
        table = _asked(records.columns)
        verdicts = [
            engine.decide_batch(table, invalid="mask", threads=self.threads)
            for engine in (self.before, self.after)
        ]
        masks = [np.ma.getmaskarray(found) for found in verdicts]
        bad: Mask = masks[0] | masks[1]
        before, after = (np.ma.getdata(found) for found in verdicts)
        if bad.any():
            self._put_aside(records, table, masks, bad, tally, part)
            before, after = before[~bad], after[~bad]
        return before, after

    def _put_aside(
        self, records: Records, table: Any, masks: list[Mask], bad: Mask, tally: Tally, part: int
    ) -> None:
        """Counts rows that mean no flow, each with what the engine says of it; equal ones are asked
        once."""
        places = np.flatnonzero(bad)
        wrong = table.take(pa.array(places))
        codes = [_codes(column) for column in wrong.columns]
        _, firsts, groups = np.unique(
            np.stack(codes, axis=1), axis=0, return_index=True, return_inverse=True
        )
        kinds = wrong.take(pa.array(firsts))
        kinds = pa.RecordBatch.from_pydict({name: values.decoded(kinds[name]) for name in kinds.schema.names})
        details: list[tuple[str, str]] = []
        for kind, first in enumerate(firsts.tolist()):
            engine = self.before if masks[0][places[first]] else self.after
            details.append(_what_is_wrong(engine, kinds.slice(kind, 1)))
        for row, group in zip(records.rows[bad].tolist(), groups.ravel().tolist(), strict=True):
            tally.faults.add(*details[group], (part, row))
        records.keep(~bad)

    def _told(self, records: Records, before: Mask, after: Mask) -> Mask:
        """Which of them are told of: those whose verdict changes, and those that did not go as it says."""
        told: Mask = before != after
        if "action" in records.columns:
            action = records.columns["action"]
            passed = values.filled(action, False)
            told |= ~values.is_missing(action) & (passed != before)
        return told

    def _group(self, records: Records, before: Mask, after: Mask, tally: Tally, part: int) -> None:
        """Adds the groups of rows that are told of."""
        flows, kinds = self._distinct(records, before, after)
        bases = [
            pa.table(engine.attribute_batch(_asked(kinds), select=_BASIS, threads=self.threads))
            for engine in (self.before, self.after)
        ]
        columns = self._keys(kinds, bases)
        rows = flows.num_rows
        columns |= {
            "example_source": values.decoded(values.ends_as_text(kinds["source"])),
            "example_destination": values.decoded(values.ends_as_text(kinds["destination"])),
            "example_source_port": kinds["source_port"],
            "part": pa.array(np.full(rows, part)),
            "row": flows["row_min"],
            "flows": flows["row_count"],
            **{name: flows[f"{name}_sum"] for name in ("packets", "bytes")},
            "first": flows["start_min"],
            "last": flows["end_max"],
            **{f"recorded_{name}": flows[f"{name}_sum"] for name in ("allow", "deny")},
        }
        verdicts = [np.asarray(flows[name].combine_chunks().cast(pa.bool_())) for name in ("before", "after")]
        recorded = [values.filled(columns[f"recorded_{name}"].combine_chunks(), 0) > 0 for name in ("allow", "deny")]
        effects: list[tuple[Effect, Mask]] = [
            (Effect.BLOCKED, verdicts[0] & ~verdicts[1]),
            (Effect.OPENED, ~verdicts[0] & verdicts[1]),
            (Effect.PASSED, recorded[0] & ~verdicts[0]),
            (Effect.DROPPED, recorded[1] & verdicts[0]),
        ]
        for effect, mask in effects:
            if mask.any():
                tally.add_groups(_groups(columns, effect, mask))

    def _distinct(self, records: Records, before: Mask, after: Mask) -> tuple[Any, dict[str, Any]]:
        """Equal flows as one: their sums, and the first of each."""
        columns = dict(records.columns)
        rows = len(records)
        action = columns.pop("action", None)
        action = pa.nulls(rows, pa.bool_()) if action is None else action
        for name in ("packets", "bytes", "source_port"):
            columns.setdefault(name, pa.nulls(rows, pa.int64()))
        columns.setdefault("start", pa.nulls(rows, SCHEMA.field("first").type))
        columns.setdefault("end", columns["start"])
        keys = {name: pa.array(_codes(columns[name])) for name in _ASKED if name in columns}
        keys |= {
            "before": pa.array(before.astype(np.int8)),
            "after": pa.array(after.astype(np.int8)),
            "action": action.cast(pa.int8()),
        }
        summed = {
            "row": pa.array(records.rows),
            "place": pa.array(np.arange(rows)),
            "packets": columns["packets"],
            "bytes": columns["bytes"],
            "start": columns["start"],
            "end": pc.coalesce(columns["end"], columns["start"]),
            "allow": pc.if_else(action, 1, 0),
            "deny": pc.if_else(action, 0, 1),
        }
        flows = pa.table({**keys, **summed}).group_by(list(keys), use_threads=False).aggregate([
            ("row", "min"), ("row", "count"), ("place", "min"), ("packets", "sum"), ("bytes", "sum"),
            ("start", "min"), ("end", "max"), ("allow", "sum"), ("deny", "sum"),
        ])
        first = flows["place_min"].combine_chunks()
        return flows, {
            name: columns[name].take(first) for name in (*_ASKED, "source_port") if name in columns
        }

    def _keys(self, kinds: dict[str, Any], bases: list[Any]) -> dict[str, Any]:
        """The columns that make groups, but for the effect."""
        rows = len(kinds["source"])
        made = {}
        for own in ("source", "destination"):
            made[own] = _mapped(values.ends_as_text(kinds[own]), self._called)
        protocol = kinds["protocol"] if "protocol" in kinds else pa.array(np.full(rows, 6, np.uint8))
        made["protocol"] = _mapped(protocol, lambda number: _NAMES.get(number, f"protocol {number}"))
        port = kinds["port"] if "port" in kinds else pa.nulls(rows, pa.int64())
        has_port = values.arrow(np.isin(np.asarray(protocol), PORTED))
        made["port"] = pc.if_else(has_port, port, pa.scalar(None, pa.int64()))
        for when, basis in zip(("before", "after"), bases, strict=True):
            for name in _BASIS:
                made[f"{when}_{name}"] = values.decoded(basis[name].combine_chunks())
        return made

    def _called(self, end: str) -> str:
        """What an end is counted with: endpoints of one name, or a prefix."""
        called = self._names.get(end)
        if called is None:
            if len(self._names) > _REMEMBERED:
                self._names.clear()
            called = self._names[end] = self._find(end)
        return called

    def _find(self, end: str) -> str:
        # Asking for names in columns costs a list of all endpoints for each batch.
        if "/" in end:
            try:
                return self._together(str(self.before.endpoint(end)))
            except QuestionError:
                # What a question may name without its being an endpoint, such as a Service.
                return end
        owner = self.before.owner(end) or self.after.owner(end)
        return _prefix(end, *self.outside) if owner is None else self._together(str(owner))

    def _together(self, endpoint: str) -> str:
        """The group in which an endpoint is."""
        if self.ends == "namespace":
            return endpoint.split("/")[-2] + "/*"
        return _workload(endpoint) if self.ends == "workload" else endpoint

    def _is_end(self, text: str) -> bool:
        """Whether a text is an address, or an endpoint that both engines know."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            known = self._known[text] = _is_end(self.before, text) and _is_end(self.after, text)
        return known


def _mapped(column: Any, name: Callable[[Any], str]) -> Any:
    """Names of values, each made once."""
    encoded = values.decoded(column).dictionary_encode()
    made = [None if value is None else name(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(made, pa.string()).take(encoded.indices)


def _restored(before: bytes, after: bytes, *options: Any) -> Change:
    named = dict(zip(_OPTIONS, options, strict=True))
    return Change(before=_compiled(before), after=_compiled(after), **named)


@functools.lru_cache(maxsize=2)
def _compiled(saved: bytes) -> Engine:
    """The engine, compiled once in a process: Dask's workers let go of what they were sent when they
    think that nobody asks for it soon, and then fetch it again."""
    return Engine.restore(saved)


def _asked(columns: Mapping[str, Any]) -> Any:
    """Columns as the engine takes them."""
    named = {name: columns[name] for name in _ASKED if name in columns}
    for own in ("source", "destination"):
        column = named[own]
        # Places in a dictionary save looking up, but only texts are looked up.
        if pa.types.is_dictionary(column.type) and not (values.is_text(column) and len(column.dictionary)):
            named[own] = column.dictionary_decode()
    return pa.RecordBatch.from_pydict(named)


def _codes(column: Any) -> npt.NDArray[np.int64]:
    """Numbers that are equal where the values are; -1 where there is none."""
    if pa.types.is_dictionary(column.type):
        column = column.indices
    elif not pa.types.is_integer(column.type):
        column = column.dictionary_encode().indices
    return values.filled(column.cast(pa.int64()), -1)


def _groups(columns: dict[str, Any], effect: Effect, mask: Mask) -> Any:
    """The groups of one effect. What the log says of drift has nothing to do with the change."""
    rows = len(mask)
    made = dict(columns)
    if effect in (Effect.PASSED, Effect.DROPPED):
        for name in _BASIS:
            made[f"after_{name}"] = pa.nulls(rows, SCHEMA.field(f"after_{name}").type)
    made["effect"] = pa.array([str(effect)] * rows, pa.string())
    table = pa.table([_cast(made[field.name], field.type) for field in SCHEMA], schema=SCHEMA)
    return table.filter(values.arrow(mask))


def _cast(column: Any, kind: Any) -> Any:
    return column if column.type == kind else column.cast(kind)


def _what_is_wrong(engine: Engine, row: Any) -> tuple[str, str]:
    """The column and the words in which the engine refuses a row."""
    for own in ("source", "destination"):
        end = row[own][0].as_py()
        # Nearly always it is the name of an end, and a question costs a hundredth of a table.
        fault = _what_is_wrong_with(engine, end) if isinstance(end, str) else None
        if fault is not None:
            return own, fault
    try:
        engine.decide_batch(row)
    except RowError as error:
        return error.column, error.detail
    raise AssertionError("a row that was masked is refused")


def _what_is_wrong_with(engine: Engine, end: str) -> str | None:
    """Why an end is none, as far as that can be said without the other."""
    if _is_end(engine, end) or end.split("/")[0] in _SERVICES:
        return None
    try:
        engine.endpoint(end)
    except QuestionError as error:
        return str(error)
    return None


def _is_end(engine: Engine, text: str) -> bool:
    if "/" not in text:
        try:
            ipaddress.ip_address(text)
        except ValueError:
            return False
        return True
    try:
        engine.endpoint(text)
    except QuestionError:
        return False
    return True


# What controllers append to the names of their pods: five letters, with the hash of a template or the
# minute of a CronJob before them, or a number. Letters are those of k8s.io/apimachinery/pkg/util/rand,
# which make no words.
_LETTERS = "[bcdfghjklmnpqrstvwxz2456789]"
_APPENDED = re.compile(rf"(?:-{_LETTERS}{{6,10}}|-[0-9]{{8}})?-{_LETTERS}{{5}}\Z|-[0-9]+\Z")


def _workload(endpoint: str) -> str:
    """What the pods of one controller have in common in their names."""
    if endpoint.count("/") != 1:
        return endpoint
    name = _APPENDED.sub("", endpoint)
    return endpoint if name == endpoint or name.endswith("/") else f"{name}-*"


def _prefix(text: str, ipv4: int, ipv6: int) -> str:
    """The prefix in which an address is that is no endpoint's."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    length = ipv4 if address.version == 4 else ipv6
    return str(ipaddress.ip_network((address, length), strict=False))

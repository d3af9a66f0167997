"""Batches of rows, with what is known of their log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .layouts import FlowColumns, Layout
from .needs import pa
from .records import Rows

_SMALL = 1 << 15


@dataclass(slots=True)
class Chunk:
    """Some rows of a log."""

    batch: Any
    """A record batch."""
    rows: Rows
    """The place of each row in its part of the log."""
    layout: Layout
    """What the log calls its columns."""
    part: int = 0
    """The part of the log: its file."""
    lost: list[tuple[str, int]] = field(default_factory=list)
    """Rows between these that are none at all: what is wrong with each, and its place."""
    sparse: bool = False
    """Whether a column may be missing because no row of the batch has it."""
    bytes: int | None = None
    """How many bytes of the log were read with this."""


@dataclass(slots=True)
class Log:
    """A log that is to be read once."""

    chunks: Iterator[Chunk]
    files: dict[int, str] | None = None
    """The names of the parts, when they are files."""
    total_rows: int | None = None
    total_bytes: int | None = None


Given = FlowColumns | Mapping[str, str] | str | None


def layout_for(columns: Given, names: list[str]) -> Layout:
    """What a log with these columns calls them: as a caller has it, or guessed. Raises `ValueError` when
    it does not have those that it must."""
    if columns is None:
        return Layout.guessed(names)
    layout = Layout.of(columns)
    layout.check(names)
    return layout


def sized(batches: Iterable[Any], batch_rows: int) -> Iterator[Any]:
    """Batches that are neither large nor, more than one after the other, small."""
    small: list[Any] = []
    count = 0
    for batch in batches:
        if small and not batch.schema.equals(small[0].schema):
            yield from _slices(_one(small), batch_rows)
            small, count = [], 0
        if batch.num_rows >= min(_SMALL, batch_rows) and not small:
            yield from _slices(batch, batch_rows)
            continue
        small.append(batch)
        count += batch.num_rows
        if count >= min(_SMALL, batch_rows):
            yield from _slices(_one(small), batch_rows)
            small, count = [], 0
    if count:
        yield from _slices(_one(small), batch_rows)


def _one(batches: list[Any]) -> Any:
    if len(batches) == 1:
        return batches[0]
    table = pa.Table.from_batches(batches).combine_chunks()
    return table.to_batches()[0] if table.num_rows else batches[0]


def _slices(batch: Any, batch_rows: int) -> Iterator[Any]:
    for start in range(0, batch.num_rows, batch_rows):
        yield batch.slice(start, batch_rows)

"""Flow logs in whatever they come, as batches with the places of their rows."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

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


def open_log(flows: Any, columns: Given, format: str | None, batch_rows: int) -> Log:
    """The log that a caller gave: paths, or tables of any library."""
    if columns is not None:
        Layout.of(columns)
    if isinstance(flows, Iterator) and not hasattr(flows, "__arrow_c_stream__"):
        # Of paths, or of tables: the first tells.
        first = list(itertools.islice(flows, 1))
        rest = itertools.chain(first, flows)
        flows = list(rest) if _is_list_of_paths(first) else rest
    if isinstance(flows, (str, os.PathLike)) or _is_list_of_paths(flows):
        from .files import open_files

        paths = [flows] if isinstance(flows, (str, os.PathLike)) else list(flows)
        return open_files(paths, columns, format, batch_rows)
    if format is not None:
        raise ValueError("format is for files: tables say themselves what is in them")
    batches, total = _batches(flows, columns, batch_rows)
    return Log(_of_batches(batches, columns, batch_rows), total_rows=total)


def _is_list_of_paths(flows: Any) -> bool:
    if not isinstance(flows, (list, tuple)) or not flows:
        return False
    return all(isinstance(one, (str, os.PathLike)) for one in flows)


def _batches(flows: Any, columns: Given, batch_rows: int) -> tuple[Iterator[Any], int | None]:
    """The record batches of a table, and how many rows they have if that is known."""
    if type(flows).__module__.split(".")[0] in ("dask", "dask_expr"):
        raise TypeError("a Dask DataFrame is replayed by netpol.dask.replay")
    if hasattr(flows, "scanner"):
        # A dataset of pyarrow: whole row groups would be read ahead of what is asked for.
        names = layout_for(columns, flows.schema.names).needed(flows.schema.names)
        scanner = flows.scanner(
            columns=names, batch_size=batch_rows, batch_readahead=1, fragment_readahead=1
        )
        return scanner.to_reader(), None
    if hasattr(flows, "__arrow_c_stream__"):
        count = getattr(flows, "num_rows", getattr(flows, "height", None))
        return pa.RecordBatchReader.from_stream(flows), count if isinstance(count, int) else None
    if hasattr(flows, "__arrow_c_array__"):
        batch = pa.record_batch(flows)
        return iter([batch]), batch.num_rows
    if isinstance(flows, Mapping):
        table = pa.table(dict(flows))
        return iter(table.to_batches()), table.num_rows
    if isinstance(flows, Iterable) and not isinstance(flows, (bytes, bytearray)):
        return _of_tables(flows), None
    raise TypeError(
        "flows must be paths, a table with __arrow_c_stream__ or __arrow_c_array__, a dataset of pyarrow, "
        f"a mapping of columns, or an iterable of tables, not {type(flows).__name__}"
    )


def _of_tables(tables: Iterable[Any]) -> Iterator[Any]:
    for table in tables:
        if hasattr(table, "__arrow_c_stream__"):
            yield from pa.RecordBatchReader.from_stream(table)
        elif hasattr(table, "__arrow_c_array__"):
            yield pa.record_batch(table)
        else:
            raise TypeError(f"an iterable of flows must be of Arrow tables, not of {type(table).__name__}")


def _of_batches(batches: Iterator[Any], columns: Given, batch_rows: int) -> Iterator[Chunk]:
    layout: Layout | None = None
    done = 0
    for batch in sized(batches, batch_rows):
        layout = layout or layout_for(columns, batch.schema.names)
        rows: Rows = np.arange(done, done + batch.num_rows)
        done += batch.num_rows
        yield Chunk(batch, rows, layout)


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


def ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same, each read while the one before it is judged."""
    nothing = object()
    with ThreadPoolExecutor(1, thread_name_prefix="netpol-replay") as pool:
        coming = pool.submit(next, chunks, nothing)
        while (chunk := coming.result()) is not nothing:
            coming = pool.submit(next, chunks, nothing)
            yield chunk  # type: ignore[misc]

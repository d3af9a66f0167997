"""Flow logs in whatever they come, as batches with the places of their rows."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from .chunks import Chunk, Given, Log, layout_for, sized
from .files import open_files
from .layouts import Layout
from .needs import pa
from .records import Rows

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


def ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same, each read while the one before it is judged."""
    nothing = object()
    with ThreadPoolExecutor(1, thread_name_prefix="netpol-replay") as pool:
        coming = pool.submit(next, chunks, nothing)
        while (chunk := coming.result()) is not nothing:
            coming = pool.submit(next, chunks, nothing)
            yield chunk  # type: ignore[misc]

"""Flow logs as text with a line for each flow: CSV, and the text of VPC flow logs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import numpy as np

from .effects import FlowLogError
from .chunks import Chunk, Given, layout_for
from .needs import pa

_BLOCK = 16 << 20
_DELIMITERS = (",", "\t", ";", "|", " ")

# What a VPC flow log has when nobody chose its fields; CloudWatch hands it out without a header.
_VPC_VERSION_2 = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    "start end action log-status"
).split()


def read_delimited(stream: Any, opening: bytes, columns: Given, batch_rows: int) -> Iterator[Chunk]:
    """The rows of a text; the delimiter is the first of comma, tabulator, semicolon, bar and blank that
    the header has."""
    from pyarrow import csv as arrow_csv

    first, newline, _ = opening.partition(b"\n")
    if not newline and len(opening) >= 1 << 16:
        raise FlowLogError("the first line is too long for a header")
    header = first.decode("utf-8-sig").rstrip("\r")
    delimiter = next((one for one in _DELIMITERS if one in header), ",")
    names = next(csv.reader([header], delimiter=delimiter), [])
    own_names = None
    if delimiter == " " and names[0] == "2" and len(names) == len(_VPC_VERSION_2):
        names = own_names = _VPC_VERSION_2
    layout = layout_for(columns, names)
    needed = list(dict.fromkeys(layout.needed(names)))
    header_lines = 0 if own_names else 1
    lost: list[tuple[str, int]] = []

    def set_aside(row: Any) -> str:
        detail = f"{row.actual_columns} columns, where there are {row.expected_columns}"
        lost.append((detail, row.number - 1 - header_lines))
        return "skip"

    reader = arrow_csv.open_csv(
        stream,
        # In order, one after the other: else lines that are left out have no numbers.
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=own_names),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, invalid_row_handler=set_aside),
        convert_options=arrow_csv.ConvertOptions(
            # Numbers are read afterwards, so that one that is none does not end everything.
            column_types=dict.fromkeys(needed, pa.string()),
            include_columns=needed,
            null_values=["", "-"],
            strings_can_be_null=True,
        ),
    )
    after = 0
    for batch in reader:
        # The lines that were left out are told before the batches that follow them, and others too.
        place = after
        gone = sorted(number for _, number in lost)
        rows = np.arange(place, place + batch.num_rows)
        if gone:
            candidates = np.arange(place, place + batch.num_rows + len(gone))
            rows = candidates[~np.isin(candidates, gone)][: batch.num_rows]
        after = int(rows[-1]) + 1 if len(rows) else place
        yield from _sliced(batch, rows, layout, [one for one in lost if one[1] < after], batch_rows)
        lost[:] = [one for one in lost if one[1] >= after]
    if lost:
        empty = pa.RecordBatch.from_pydict({name: pa.array([], pa.string()) for name in needed})
        yield Chunk(empty, np.arange(0), layout, lost=list(lost))


def _sliced(batch: Any, rows: Any, layout: Any, lost: list[tuple[str, int]], batch_rows: int) -> Iterator[Chunk]:
    for start in range(0, batch.num_rows, batch_rows):
        part = batch.slice(start, batch_rows)
        yield Chunk(part, rows[start : start + batch_rows], layout, lost=lost if start == 0 else [])

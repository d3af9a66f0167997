"""Flow logs with a JSON object on each line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from .effects import FlowLogError
from .layouts import FIELDS, PRESETS, Layout, path_steps, paths
from .chunks import Chunk, Given, layout_for
from .needs import pa

_BLOCK = 4 << 20
_LONGEST = 64 << 20


def read_json_lines(stream: Any, opening: bytes, columns: Given, batch_rows: int) -> Iterator[Chunk]:
    """The objects of a text. Lines that are none are counted as rows that could not be read; a column may
    be missing where no object of a block has it."""
    layout: Layout | None = None
    done = 0
    for block in _blocks(stream):
        lines = [line for line in block.split(b"\n") if line.strip()]
        if not lines:
            continue
        layout = layout or _layout(columns, lines)
        batch, lost = _read(lines, layout)
        gone = {place for _, place in lost}
        rows = np.array([place for place in range(len(lines)) if place not in gone], np.int64) + done
        for start in range(0, max(1, batch.num_rows), batch_rows):
            part = batch.slice(start, batch_rows)
            told = [(detail, place + done) for detail, place in lost] if start == 0 else []
            yield Chunk(part, rows[start : start + batch_rows], layout, lost=told, sparse=True)
        done += len(lines)


def _layout(columns: Given, lines: list[bytes]) -> Layout:
    if columns is not None:
        return Layout.of(columns)
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            return layout_for(None, list(found))
    raise FlowLogError("there is no JSON object on the first lines")


def _blocks(stream: Any) -> Iterator[bytes]:
    """Some lines at a time."""
    rest = b""
    while read := stream.read(_BLOCK):
        lines, newline, after = (rest + bytes(read)).rpartition(b"\n")
        if newline:
            yield lines
        elif len(after) > _LONGEST:
            raise FlowLogError(f"a line is longer than {_LONGEST >> 20} MiB")
        rest = after
    if rest:
        yield rest


def _read(lines: list[bytes], layout: Layout) -> tuple[Any, list[tuple[str, int]]]:
    """Objects as columns; and which lines are none, and why."""
    from pyarrow import json as arrow_json

    text = b"\n".join(lines)
    schema = _schema(layout) if layout.columns is PRESETS["hubble"] else None
    try:
        table = arrow_json.read_json(
            io.BytesIO(text),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="ignore" if schema else "infer"
            ),
        )
    except pa.ArrowInvalid:
        return _read_one_by_one(lines, layout)
    if table.num_rows != len(lines):
        return _read_one_by_one(lines, layout)
    return table.combine_chunks().to_batches()[0], []


def _read_one_by_one(lines: list[bytes], layout: Layout) -> tuple[Any, list[tuple[str, int]]]:
    """The same for lines that are no objects, or not alike in what they have: each value as text, under
    the path to it."""
    wanted = list(dict.fromkeys(path for own in FIELDS for path in paths(getattr(layout.columns, own))))
    columns: dict[str, list[str | None]] = {path: [] for path in wanted}
    steps = {path: path_steps(path) for path in wanted}
    lost = []
    for place, line in enumerate(lines):
        try:
            found = json.loads(line)
            if not isinstance(found, dict):
                raise ValueError("no object")
        except (ValueError, RecursionError) as error:
            lost.append((f"not a JSON object: {error}", place))
            continue
        for path, column in columns.items():
            column.append(_text(found, path, steps[path]))
    batch = pa.RecordBatch.from_pydict({path: pa.array(column, pa.string()) for path, column in columns.items()})
    return batch, lost


def _text(found: Any, path: str, steps: list[str | int]) -> str | None:
    if path in found:
        steps = [path]
    for step in steps:
        if isinstance(step, int):
            found = found[step] if isinstance(found, list) and step < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, dict):
        # A structure says what it is called, as it does in columns.
        return str(steps[-1])
    if found is None or isinstance(found, list):
        return None
    return json.dumps(found) if isinstance(found, (bool, int, float)) else str(found)


_TYPES = {
    "port": pa.int64(),
    "source_port": pa.int64(),
    "icmp_type": pa.int64(),
    "icmp_code": pa.int64(),
    "reply": pa.bool_(),
}


def _schema(layout: Layout) -> Any:
    """The types of what is read, for a log in which they are known. What else there is in it does not
    matter, however it looks."""
    tree: dict[str | int, Any] = {}
    for own in FIELDS:
        for path in paths(getattr(layout.columns, own)):
            *way, last = path_steps(path)
            place = tree
            for step in way:
                place = place.setdefault(step, {})
            if own in ("protocol", "status"):
                place.setdefault(last, {})
            else:
                place[last] = _TYPES.get(own, pa.string())
    return pa.schema([(name, _type(inner)) for name, inner in tree.items()])


def _type(inner: Any) -> Any:
    if not isinstance(inner, dict):
        return inner
    if 0 in inner:
        return pa.list_(_type(inner[0]))
    return pa.struct([(name, _type(value)) for name, value in inner.items()])

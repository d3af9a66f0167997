"""Flow logs in files: which they are, and what is in them."""

from __future__ import annotations

import dataclasses
import functools
import glob
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .delimited import read_delimited
from .effects import FlowLogError
from .json_lines import read_json_lines
from .layouts import PRESETS
from .chunks import Chunk, Given, Log, layout_for, sized
from .needs import pa

_BY_SUFFIX = {
    "csv": "csv", "tsv": "csv", "txt": "csv", "log": "csv",
    "json": "json", "jsonl": "json", "ndjson": "json",
    "parquet": "parquet", "pq": "parquet",
    "arrow": "arrow", "feather": "arrow", "arrows": "arrow",
}
_COMPRESSED = {"gz": "gzip", "bz2": "bz2", "zst": "zstd", "lz4": "lz4"}
# The form of the files that the presets are of, where they come as text.
_OF_PRESET = {"vpc": "csv", "gcp": "json", "hubble": "json", "calico": "json"}
FORMATS = ("csv", "json", "parquet", "arrow", *_OF_PRESET)
"""What `replay` takes for the form of files."""

_OPENING = 1 << 16


def open_files(paths: Sequence[Any], columns: Given, format: str | None, batch_rows: int) -> Log:
    """The log in some files, read one after the other."""
    if format is not None and format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not `{format}`")
    if format in _OF_PRESET and columns is None:
        columns = format
    names = [name for path in paths for name in _expanded(os.fspath(path))]
    forms = [_form(name, format) for name in names]
    on_disk = [name for name in names if name != "-"]
    total_bytes = sum(os.path.getsize(name) for name in on_disk) if len(on_disk) == len(names) else None
    total_rows = None
    if forms and all(form == "parquet" for form in forms):
        total_rows = sum(_guarded(name, functools.partial(_parquet, name)).metadata.num_rows for name in names)
    chunks = _chunks(list(zip(names, forms, strict=True)), columns, batch_rows)
    return Log(chunks, dict(enumerate(names)), total_rows, total_bytes)


def _chunks(files: list[tuple[str, str]], columns: Given, batch_rows: int) -> Iterator[Chunk]:
    done = 0
    for part, (name, form) in enumerate(files):
        chunks = _READERS[form](name, columns, batch_rows)
        while (chunk := _guarded(name, functools.partial(next, chunks, None))) is not None:
            read = done + chunk.bytes if chunk.bytes is not None else None
            yield dataclasses.replace(chunk, part=part, bytes=read)
        done += os.path.getsize(name) if name != "-" else 0


def _guarded(name: str, read: Callable[[], Any]) -> Any:
    """What is read; what is wrong with the file is told with its name."""
    try:
        return read()
    except (pa.ArrowInvalid, EOFError, UnicodeDecodeError) as error:
        raise FlowLogError(f"{name}: {error}") from error
    except OSError as error:
        if error.filename is not None:
            raise
        raise FlowLogError(f"{name}: {error}") from error
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error


def _expanded(path: str) -> list[str]:
    """The files that a path, a pattern or a directory stands for, in order."""
    if path == "-":
        return [path]
    if os.path.isdir(path):
        found = [
            os.path.join(folder, name)
            for folder, _, files in os.walk(path)
            for name in files
            if not name.startswith((".", "_")) and _suffix(name)[0] in _BY_SUFFIX
        ]
        if not found:
            raise FlowLogError(f"no flow logs are in the directory `{path}`")
        return sorted(found)
    if os.path.exists(path) or not glob.has_magic(path):
        os.stat(path)
        return [path]
    found = sorted(glob.glob(path, recursive=True))
    if not found:
        raise FlowLogError(f"the pattern `{path}` matches no file")
    return [name for match in found for name in _expanded(match)]


def _suffix(name: str) -> tuple[str, str | None]:
    """The suffix of a name, and how the file is compressed."""
    *_, last = ("", *os.path.basename(name).lower().split("."))
    if last in _COMPRESSED:
        return _suffix(name[: -len(last) - 1])[0], _COMPRESSED[last]
    return last, None


def _form(name: str, format: str | None) -> str:
    form = _BY_SUFFIX.get(_suffix(name)[0])
    if form in ("parquet", "arrow") and format in _OF_PRESET:
        return form
    if format is not None:
        return _OF_PRESET.get(format, format)
    if form is None:
        raise FlowLogError(
            f"{name}: its name does not tell what is in it; say so by format, one of {', '.join(FORMATS)}"
        )
    return form


class _Text:
    """A file of text: its beginning, itself decompressed, and how much of it was read."""

    def __init__(self, name: str) -> None:
        self._raw: Any = _standard_input() if name == "-" else open(name, "rb")
        kind = _suffix(name)[1] if name != "-" else None
        self._name = name
        self._kind = kind
        self.stream: Any = pa.CompressedInputStream(pa.PythonFile(self._raw), kind) if kind else self._raw

    def opening(self) -> bytes:
        """The first bytes, which are read once more."""
        if self._name == "-":
            return bytes(self._raw.peek(_OPENING))
        with open(self._name, "rb") as raw:
            if self._kind:
                return bytes(pa.CompressedInputStream(pa.PythonFile(raw), self._kind).read(_OPENING))
            return raw.read(_OPENING)

    def read_bytes(self) -> int | None:
        """How many bytes were read."""
        return int(self._raw.tell()) if self._name != "-" else None

    def close(self) -> None:
        if self._name != "-":
            self._raw.close()


def _standard_input() -> io.BufferedReader:
    raw: Any = sys.stdin.buffer
    return raw if hasattr(raw, "peek") else io.BufferedReader(raw)


def _of_text(read: Callable[..., Iterator[Chunk]]) -> Callable[[str, Given, int], Iterator[Chunk]]:
    def chunks(name: str, columns: Given, batch_rows: int) -> Iterator[Chunk]:
        text = _Text(name)
        try:
            opening = text.opening()
            if opening:
                for chunk in read(text.stream, opening, columns, batch_rows):
                    yield dataclasses.replace(chunk, bytes=text.read_bytes())
        finally:
            text.close()

    return chunks


def _parquet(name: str, **options: Any) -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetFile(name, **options)


def _read_parquet(name: str, columns: Given, batch_rows: int) -> Iterator[Chunk]:
    schema = _parquet(name).schema_arrow
    layout = layout_for(columns, schema.names)
    needed = layout.needed(schema.names)
    ends = {end for own in ("source", "destination") for end in layout.top_level(own)}
    # Addresses repeat: as places in a dictionary they are looked up once for each row group.
    repeated = [
        one for one in needed
        if one.lower().replace("-", "_") in ends
        and (pa.types.is_string(schema.field(one).type) or pa.types.is_large_string(schema.field(one).type))
    ]
    with _parquet(name, read_dictionary=repeated, pre_buffer=False) as file:
        size, rows = os.path.getsize(name), max(1, file.metadata.num_rows)
        yield from _counted(
            sized(file.iter_batches(batch_size=batch_rows, columns=needed), batch_rows),
            layout,
            lambda done: size * done // rows,
        )


def _read_arrow(name: str, columns: Given, batch_rows: int) -> Iterator[Chunk]:
    with pa.memory_map(name) as source:
        try:
            file = pa.ipc.open_file(source)
            batches: Iterator[Any] = (file.get_batch(number) for number in range(file.num_record_batches))
        except pa.ArrowInvalid:
            source.seek(0)
            file = pa.ipc.open_stream(source)
            batches = file
        layout = layout_for(columns, file.schema.names)
        needed = layout.needed(file.schema.names)
        yield from _counted(
            sized((batch.select(needed) for batch in batches), batch_rows), layout, lambda _: source.tell()
        )


def _counted(batches: Iterator[Any], layout: Any, read: Callable[[int], int]) -> Iterator[Chunk]:
    done = 0
    for batch in batches:
        rows = np.arange(done, done + batch.num_rows)
        done += batch.num_rows
        yield Chunk(batch, rows, layout, bytes=read(done))


_READERS: dict[str, Callable[[str, Given, int], Iterator[Chunk]]] = {
    "csv": _of_text(read_delimited),
    "json": _of_text(read_json_lines),
    "parquet": _read_parquet,
    "arrow": _read_arrow,
}

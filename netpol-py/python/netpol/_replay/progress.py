"""How far a replay is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class ReplayProgress:
    """How far a replay is."""

    rows: int
    """How many rows were read."""
    total_rows: int | None = None
    """How many there are, where that is known: of tables and Parquet."""
    bytes: int | None = None
    """How many bytes were read, where the log is text in files; compressed where they are."""
    total_bytes: int | None = None
    """How many there are."""


ProgressLike: TypeAlias = bool | Callable[[ReplayProgress], object]


@contextmanager
def listener(progress: ProgressLike) -> Iterator[Callable[[ReplayProgress], object]]:
    """Whoever is to be told: a bar on the standard error, when that is a terminal, or who was given."""
    if callable(progress):
        yield progress
    elif progress and sys.stderr.isatty():
        with _bar() as bar:
            yield bar
    else:
        yield lambda _: None


@contextmanager
def _bar() -> Iterator[Callable[[ReplayProgress], object]]:
    try:
        from tqdm import tqdm
    except ImportError as missing:
        raise ImportError("the progress bar needs tqdm: pip install 'netpol-py[replay]'") from missing
    bars: list[tqdm[Any]] = []

    def tell(state: ReplayProgress) -> None:
        in_bytes = state.total_rows is None and state.total_bytes is not None
        total, done = (state.total_bytes, state.bytes) if in_bytes else (state.total_rows, state.rows)
        if not bars:
            unit = "B" if in_bytes else " rows"
            made: tqdm[Any] = tqdm(total=total, unit=unit, unit_scale=True, file=sys.stderr)
            bars.append(made)
        bar = bars[0]
        if in_bytes:
            bar.set_postfix_str(f"{state.rows:,} rows", refresh=False)
        bar.update((done or 0) - bar.n)

    try:
        yield tell
    finally:
        for bar in bars:
            bar.close()

"""What a policy change would have done to recorded flows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .._netpol import Engine
from .._types import Flows, PathLike
from .effects import Effect, FlowLogError, TooManyGroupsError
from .layouts import FlowColumns
from .progress import ProgressLike, ReplayProgress, listener
from .result import (
    Basis,
    FlowExample,
    FlowGroup,
    FlowPlace,
    Replay,
    ReplayTotals,
    UnreadRows,
)

if TYPE_CHECKING:
    from .judging import Change
    from .chunks import Chunk
    from .tally import Tally

FlowLog: TypeAlias = PathLike | Iterable[PathLike] | Flows | Iterable[Flows] | Any
"""Recorded flows: paths of files, patterns and directories; or a table of any library that speaks Arrow,
a dataset of pyarrow, a mapping of columns, or an iterable of tables."""

FormatLike: TypeAlias = Literal["csv", "json", "parquet", "arrow", "vpc", "gcp", "hubble", "calico"]
"""What files hold."""


def replay(
    flows: FlowLog,
    /,
    before: Engine,
    after: Engine,
    *,
    columns: FlowColumns | Mapping[str, str] | str | None = None,
    format: FormatLike | None = None,
    replies: Literal["skip", "turn", "keep"] = "skip",
    ends: Literal["endpoint", "workload", "namespace"] = "workload",
    outside: tuple[int, int] = (24, 64),
    max_groups: int = 100_000,
    batch_rows: int = 1 << 18,
    progress: ProgressLike = False,
    threads: int | None = None,
) -> Replay:
    """What a policy change would have done to recorded flows: which it would have blocked or opened,
    counted, and grouped by ends, port and what decides on them before and after.

    ``flows`` are files, patterns and directories of CSV, JSON lines, Parquet, Arrow, or the text of VPC flow
    logs, compressed or not (their names tell which, or `format` does); or a table of any library: pyarrow,
    polars, pandas, DuckDB, a dataset of pyarrow. It is read in batches of `batch_rows`, once, and never as
    a whole.

    `columns` says what the log calls its columns: `FlowColumns`, the name of one of its presets (``vpc``,
    ``gcp``, ``hubble``, ``calico``), or a mapping from our names, ``{"source": "srcaddr"}``. A log of a preset
    is known by its columns.

    Policies judge who opens a connection, and logs hold the packets that come back as well. `replies`
    that the columns tell of are skipped, since the connection has a record of its own; or turned round, for
    logs that have one direction only; or kept, which judges them as if they opened a connection. Where the
    log has no marker, `FlowColumns` says how they are found, or guessed.

    Each record counts. Where both ends of a connection record it, as two instances on AWS or two nodes with
    Hubble do, it is counted twice: give the records of one end where sums matter.

    Where the log says what became of a flow, it is held against `before`: flows that passed although the
    policies deny them, and the reverse, are told too. With ``after`` the same as ``before`` that alone is
    told.

    An address belongs to the endpoint that has it in the engines, which may not be the one that had it
    when the flow was recorded: load what the cluster held then, or use a log with names.

    `ends` says which endpoints are counted together: each by itself, those of a ``workload``, whose pods
    are told by what controllers append to their names (``shop/web-*`` is ``shop/web-7d4b9c8d6f-x2x5z``, and
    ``shop/db-*`` is ``shop/db-0``), or those of a ``namespace``. Addresses that are no endpoint's are counted
    together in prefixes of the lengths `outside`, for IPv4 and IPv6.

    The memory that is needed depends on `batch_rows` and the number of groups. More than `max_groups`
    raise `TooManyGroupsError`. Rows that mean no flow are counted in `Replay.unread`, with reasons. A log
    that cannot be read at all raises `FlowLogError`, a column that is not there `ValueError`.

    `progress` is a function that is told `ReplayProgress` after each batch, or ``True`` for a bar on the
    standard error, when that is a terminal. `threads` is as in `Engine.decide_batch`.

    Needs ``pip install 'netpol-py[replay]'``. `netpol.dask.replay` does the same on many machines.

    >>> cluster = netpol.Cluster()
    >>> _ = cluster.apply_files("netpol-core/examples/shop")
    >>> before = cluster.publish()
    >>> cluster.delete("NetworkPolicy", "api", namespace="shop")
    True
    >>> flows = {
    ...     "source": ["shop/web", "shop/web", "shop/api"],
    ...     "destination": ["shop/api", "shop/api", "shop/db"],
    ...     "port": [8000, 8000, 5432],
    ... }
    >>> print(netpol.replay(flows, before, cluster.publish()))
    3 rows: 3 judged
    blocked: 2 flows in 1 group
      deployment/shop/web -> deployment/shop/api TCP 8000: 2 flows
        before: ingress ruleMatches, NetworkPolicy shop/api spec.ingress[0]
        after:  ingress noRuleMatches, NetworkPolicy shop/default-deny
        first:  shop/web -> shop/api (row 0)
    opened: none
    """
    from .judging import Change
    from .logs import ahead, open_log
    from .tables import finished

    change = Change(
        before=before,
        after=after,
        replies=replies,
        ends=ends,
        outside=outside,
        max_groups=max_groups,
        batch_rows=batch_rows,
        threads=threads,
    )
    log = open_log(flows, columns, format, batch_rows)
    tally = change.nothing()
    with listener(progress) as tell:
        for chunk in ahead(log.chunks):
            count(change, chunk, tally)
            tell(ReplayProgress(tally.counts.rows, log.total_rows, chunk.bytes, log.total_bytes))
    return finished(tally, log.files)


def count(change: Change, chunk: Chunk, tally: Tally) -> None:
    """Adds what a change does to some rows of a log."""
    reading = change.reading(chunk.layout, sparse=chunk.sparse)
    tally.merge(change.judge(reading, chunk.batch, chunk.rows, chunk.part))
    for detail, row in chunk.lost:
        tally.faults.add("row", detail, (chunk.part, row))
    tally.counts.rows += len(chunk.lost)
    tally.parts[chunk.part] = tally.parts.get(chunk.part, 0) + len(chunk.lost)


__all__ = [
    "Basis",
    "Effect",
    "FlowColumns",
    "FlowExample",
    "FlowGroup",
    "FlowLog",
    "FlowLogError",
    "FlowPlace",
    "Replay",
    "ReplayProgress",
    "ReplayTotals",
    "TooManyGroupsError",
    "UnreadRows",
    "replay",
]

"""Replays flow logs that are too large for one machine, on Dask.

>>> import dask.dataframe, netpol.dask
>>> folder = "netpol-py/examples/replay"
>>> before = netpol.load(f"{folder}/cluster.yaml", f"{folder}/before.yaml")
>>> after = netpol.load(f"{folder}/cluster.yaml", f"{folder}/after.yaml")
>>> flows = dask.dataframe.read_csv(f"{folder}/*.log", sep=" ", dtype=str)
>>> netpol.dask.replay(flows, before, after, columns="vpc").flows("blocked")
3

Needs ``pip install 'netpol-py[dask]'``. `replay` is all there is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from ._netpol import Engine
from ._replay import FlowColumns, Replay

if TYPE_CHECKING:
    from ._replay.judging import Change
    from ._replay.layouts import Layout
    from ._replay.tally import Tally

__all__ = ["replay"]

_FAN_IN = 8
"""How many tallies are added up at once."""


@overload
def replay(
    flows: Any,
    /,
    before: Engine,
    after: Engine,
    *,
    columns: FlowColumns | Mapping[str, str] | str | None = ...,
    replies: Literal["skip", "turn", "keep"] = ...,
    ends: Literal["endpoint", "workload", "namespace"] = ...,
    outside: tuple[int, int] = ...,
    max_groups: int = ...,
    batch_rows: int = ...,
    threads: int | None = ...,
    compute: Literal[True] = ...,
) -> Replay: ...


@overload
def replay(
    flows: Any,
    /,
    before: Engine,
    after: Engine,
    *,
    columns: FlowColumns | Mapping[str, str] | str | None = ...,
    replies: Literal["skip", "turn", "keep"] = ...,
    ends: Literal["endpoint", "workload", "namespace"] = ...,
    outside: tuple[int, int] = ...,
    max_groups: int = ...,
    batch_rows: int = ...,
    threads: int | None = ...,
    compute: Literal[False],
) -> Any: ...


def replay(
    flows: Any,
    /,
    before: Engine,
    after: Engine,
    *,
    columns: FlowColumns | Mapping[str, str] | str | None = None,
    replies: Literal["skip", "turn", "keep"] = "skip",
    ends: Literal["endpoint", "workload", "namespace"] = "workload",
    outside: tuple[int, int] = (24, 64),
    max_groups: int = 100_000,
    batch_rows: int = 1 << 18,
    threads: int | None = 1,
    compute: bool = True,
) -> Replay | Any:
    """What a policy change would have done to the flows of a Dask DataFrame.

    The same as `netpol.replay` finds in all partitions as one table, one after the other: they are judged
    where they are, and only tallies travel, which are added up in a tree. Both engines are sent to each
    worker as pickles and compiled there once; it keeps them until it is given others.

    The arguments are those of `netpol.replay`; `threads` is 1 because Dask has a thread for each
    processor already. It runs where Dask does: on the cluster of the client that is connected, or on this
    machine. With ``compute=False`` it is a `dask.delayed.Delayed` of the `Replay`, to be computed with
    others.

    Raises what `netpol.replay` raises; `TypeError` for anything but a Dask DataFrame.
    """
    try:
        import dask.dataframe
        from dask.delayed import delayed
    except ImportError as missing:
        raise ImportError("netpol.dask needs Dask: pip install 'netpol-py[dask]'") from missing
    from ._replay.chunks import layout_for
    from ._replay.judging import Change

    if not isinstance(flows, dask.dataframe.DataFrame):
        raise TypeError(f"flows must be a Dask DataFrame, not {type(flows).__name__}")
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
    names = [str(name) for name in flows.columns]
    layout = layout_for(columns, names)
    needed = flows[layout.needed(names)]
    sent = _broadcast(change)
    judge, add, finish = (delayed(step, pure=True) for step in (_judge, _add, _finish))
    tallies = [judge(part, number, sent, layout) for number, part in enumerate(needed.to_delayed())]
    while len(tallies) > 1:
        tallies = [add(tallies[place : place + _FAN_IN]) for place in range(0, len(tallies), _FAN_IN)]
    found = finish(tallies[0])
    return found.compute() if compute else found


def _broadcast(change: Change) -> Any:
    """The change as something of which every worker has one: sent before any work, where there is a
    cluster, and else part of the graph."""
    from dask import base
    from dask.delayed import delayed

    scheduler: Any = base.get_scheduler()
    # A method of the client, where there is one and nothing else was chosen.
    client: Any = getattr(scheduler, "__self__", None)
    if hasattr(client, "scatter"):
        return client.scatter(change, broadcast=True)
    return delayed(change, pure=True)


def _judge(flows: Any, part: int, change: Change, layout: Layout) -> Tally:
    """What the change does to one partition."""
    import numpy as np
    import pyarrow as pa

    reading = change.reading(layout)
    tally = change.nothing()
    table = pa.Table.from_pandas(flows, preserve_index=False)
    done = 0
    for batch in table.combine_chunks().to_batches(max_chunksize=change.batch_rows):
        rows = np.arange(done, done + batch.num_rows)
        tally.merge(change.judge(reading, batch, rows, part))
        done += batch.num_rows
    tally.groups()
    return tally


def _add(tallies: list[Tally]) -> Tally:
    """Tallies of some partitions as one. They are not touched: they may be asked for again."""
    from ._replay.tally import Tally

    total = Tally(tallies[0].max_groups)
    for tally in tallies:
        total.merge(tally)
    total.groups()
    return total


def _finish(tally: Tally) -> Replay:
    from ._replay.tables import finished

    return finished(tally, None)

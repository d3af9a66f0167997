"""Replays on Dask find what they find on one machine."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import netpol
import netpol.dask
import pandas as pd
import pyarrow.parquet as pq
import pytest
from dask.base import tokenize
from distributed import Client, LocalCluster
from netpol._replay.judging import Change

from . import replays
from .cases import ROOT
from .flow_logs import AFTER, BEFORE, version_5
from .test_package import run_examples


def frame(rows: int, seed: int = 1) -> pd.DataFrame:
    """Flows of the shop, some of which mean nothing."""
    chance = random.Random(seed)
    made = {
        "srcaddr": chance.choices([*replays.ENDS, "10.0.0.300", None], k=rows),
        "dstaddr": chance.choices(["10.0.0.1", "10.0.0.2", "192.0.2.1"], k=rows),
        "srcport": chance.choices([5432, 40_000], k=rows),
        "dstport": chance.choices([5432, 22, 40_000, 70_000], k=rows),
        "protocol": chance.choices([6, 17], k=rows),
        "bytes": [chance.randrange(1_000) for _ in range(rows)],
        "start": [1_000 + number for number in range(rows)],
        "action": chance.choices(["ACCEPT", "REJECT", None], k=rows),
        "what-nobody-reads": ["x"] * rows,
    }
    return pd.DataFrame(made)


FRAME = frame(5_000)
SINGLE = netpol.replay(FRAME, BEFORE, AFTER)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two processes on this machine, which nobody else can reach."""
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_there_is_something_to_find() -> None:
    assert SINGLE.blocked and SINGLE.opened and SINGLE.drift and SINGLE.unread and SINGLE.totals.replies


@pytest.mark.parametrize("partitions", [1, 2, 9, 100])
def test_it_does_not_matter_how_many_partitions(partitions: int) -> None:
    with dask.config.set(scheduler="synchronous"):
        flows = dd.from_pandas(FRAME, npartitions=partitions)
        assert netpol.dask.replay(flows, BEFORE, AFTER) == SINGLE
        assert netpol.dask.replay(flows, BEFORE, AFTER, batch_rows=17) == SINGLE


def test_processes(client: Client) -> None:
    flows = dd.from_pandas(FRAME, npartitions=23)
    assert netpol.dask.replay(flows, BEFORE, AFTER) == SINGLE
    later = netpol.dask.replay(flows, BEFORE, AFTER, replies="keep", compute=False)
    assert later.compute() == netpol.replay(FRAME, BEFORE, AFTER, replies="keep")
    with dask.config.set(scheduler="threads"):
        assert netpol.dask.replay(flows, BEFORE, AFTER) == SINGLE, "the client is not asked"
    with pytest.raises(netpol.TooManyGroupsError, match="more than 2 groups"):
        netpol.dask.replay(flows, BEFORE, AFTER, max_groups=2)


def test_engines_are_compiled_once_by_each_worker(client: Client) -> None:
    """However many partitions there are."""

    def forget() -> None:
        from netpol._replay.judging import _compiled

        _compiled.cache_clear()

    def compiled() -> int:
        from netpol._replay.judging import _compiled

        return _compiled.cache_info().misses

    client.run(forget)
    flows = dd.from_pandas(FRAME, npartitions=40)
    assert netpol.dask.replay(flows, BEFORE, AFTER, outside=(16, 64)).totals.rows == 5_000
    # There are two.
    assert list(client.run(compiled).values()) == [2, 2]
    # Also when they are sent again.
    assert netpol.dask.replay(flows, BEFORE, AFTER, outside=(8, 64)).totals.rows == 5_000
    assert list(client.run(compiled).values()) == [2, 2]


def test_parquet(tmp_path: Path, client: Client) -> None:
    """Columns that nobody reads are not read, and places count throughout."""
    for number in range(3):
        pq.write_table(version_5(), tmp_path / f"{number}.parquet")
    found = netpol.dask.replay(dd.read_parquet(tmp_path), BEFORE, AFTER, columns="vpc")
    single = netpol.replay([version_5()] * 3, BEFORE, AFTER)
    assert found == single
    assert found.blocked[0].flows == 3


def test_the_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    run_examples("netpol.dask", netpol.dask.__doc__ or "")


def test_what_is_no_frame() -> None:
    with pytest.raises(TypeError, match="flows must be a Dask DataFrame, not DataFrame"):
        netpol.dask.replay(FRAME, BEFORE, AFTER)
    flows = dd.from_pandas(FRAME, npartitions=2)
    with pytest.raises(TypeError, match=r"is replayed by netpol\.dask\.replay"):
        netpol.replay(flows, BEFORE, AFTER)
    with pytest.raises(ValueError, match="no column `src` to read source from; there are srcaddr"):
        netpol.dask.replay(flows, BEFORE, AFTER, columns={"source": "src", "destination": "dstaddr"})
    with pytest.raises(ValueError, match="none that are known as the ends"):
        netpol.dask.replay(flows[["bytes"]], BEFORE, AFTER)


def test_changes_are_told_apart_by_what_is_in_them() -> None:
    change = Change(before=BEFORE, after=AFTER)
    again = pickle.loads(pickle.dumps(change))
    assert tokenize(change) == tokenize(again)
    assert tokenize(change) != tokenize(Change(before=AFTER, after=BEFORE))
    assert tokenize(change) != tokenize(Change(before=BEFORE, after=AFTER, outside=(0, 0)))


def test_the_example(tmp_path: Path) -> None:
    """Small here; what it is for is told in it."""
    script = ROOT / "netpol-py" / "examples" / "replay-dask" / "larger_than_memory.py"
    command = [sys.executable, str(script), "--rows", "300000", "--memory", "400MB", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    assert "300,000 rows: " in done.stdout and "blocked: " in done.stdout

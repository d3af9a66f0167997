"""Replays a flow log that is larger than the memory of those who read it, on a Dask cluster.

    pip install 'netpol-py[dask]'
    python netpol-py/examples/replay-dask/larger_than_memory.py --rows 150000000 --memory 512MB

It writes a flow log of AWS in Parquet, for a cluster of two thousand pods, and replays it against a change
that closes the databases to everybody but the APIs. The cluster is two processes on this machine; each may
have as much memory as is said, and is ended by Dask when it takes more. What would be done on a real one is
the same, but for the address of the scheduler and of the log:

    with Client("tls://scheduler:8786"):
        flows = dask.dataframe.read_parquet("s3://flow-logs/2026/11/")
        print(netpol.dask.replay(flows, before, after, columns="vpc"))
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import dask.dataframe
import netpol
import netpol.dask
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from dask.utils import parse_bytes
from distributed import Client, LocalCluster

PODS = {"web": 1_000, "api": 800, "db": 200}
PORTS = {"web": 8080, "api": 8000, "db": 5432}
FILE_ROWS = 2_500_000

NOBODY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "db", "namespace": "shop"},
    "spec": {
        "podSelector": {"matchLabels": {"app": "db"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "api"}}}], "ports": [{"port": 5432}]}],
    },
}


def addresses(app: str) -> list[str]:
    """The addresses of the pods of an application."""
    block = list(PODS).index(app)
    return [f"10.{block}.{number // 250}.{number % 250 + 1}" for number in range(PODS[app])]


def engines() -> tuple[netpol.Engine, netpol.Engine]:
    """The cluster without a policy, and with the one that is to come."""
    cluster = netpol.Cluster()
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    cluster.apply([
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{app}-{number}", "namespace": "shop", "labels": {"app": app}},
            "status": {"phase": "Running", "podIP": address},
        }
        for app in PODS
        for number, address in enumerate(addresses(app))
    ])
    before = cluster.publish()
    cluster.apply(NOBODY)
    return before, cluster.publish()


def write_log(folder: Path, rows: int) -> int:
    """Writes a flow log, and returns how large it is in memory: requests of the outside to the web, of the
    web to the APIs, of those to the databases, a few of the web to the databases, and all replies."""
    size = 0
    for number, start in enumerate(range(0, rows, FILE_ROWS)):
        table = some_flows(np.random.default_rng(number), min(FILE_ROWS, rows - start), 1_790_000_000 + start // 1_000)
        size += table.nbytes
        pq.write_table(table, folder / f"{number:05}.parquet", row_group_size=250_000)
    return size


def some_flows(random: np.random.Generator, rows: int, begin: int) -> pa.Table:
    outside = [f"203.0.{block}.{last}" for block in range(20) for last in range(1, 251)]
    pool = np.array([*outside, *(one for app in PODS for one in addresses(app))])
    first = {"outside": 0, "web": len(outside)}
    first |= {"api": first["web"] + PODS["web"], "db": first["web"] + PODS["web"] + PODS["api"]}
    count = {"outside": len(outside), **PODS}
    kinds = [("outside", "web", 0.3), ("web", "api", 0.4), ("api", "db", 0.299), ("web", "db", 0.001)]
    kind = random.choice(len(kinds), rows, p=[share for _, _, share in kinds])
    source, destination, port = (np.zeros(rows, np.int64) for _ in range(3))
    for place, (one, other, _) in enumerate(kinds):
        where = kind == place
        many = int(where.sum())
        source[where] = first[one] + random.integers(0, count[one], many)
        destination[where] = first[other] + random.integers(0, count[other], many)
        port[where] = PORTS[other]
    client = random.integers(32_768, 61_000, rows)
    reply = random.random(rows) < 0.5
    packets = random.integers(1, 100, rows)
    return pa.table({
        "srcaddr": pool[np.where(reply, destination, source)],
        "dstaddr": pool[np.where(reply, source, destination)],
        "srcport": np.where(reply, port, client).astype(np.int32),
        "dstport": np.where(reply, client, port).astype(np.int32),
        "protocol": np.full(rows, 6, np.int32),
        "packets": packets,
        "bytes": packets * random.integers(60, 1_500, rows),
        "start": begin + np.sort(random.integers(0, 2_500, rows)),
        "action": np.full(rows, "ACCEPT"),
        "log_status": np.full(rows, "OK"),
    })


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=150_000_000, help="how many flows")
    parser.add_argument("--memory", default="512MB", help="what each of the two workers may have")
    parser.add_argument("--folder", type=Path, help="where the log is, or is written; removed when not said")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="flow-log-"))
    try:
        if not any(folder.glob("*.parquet")):
            began = time.monotonic()
            size = write_log(folder, arguments.rows)
            on_disk = sum(file.stat().st_size for file in folder.iterdir())
            took = time.monotonic() - began
            print(f"a log of {size / 1e9:.1f} GB in memory, {on_disk / 1e9:.1f} GB on disk, in {took:.0f} s")
        replay_log(folder, arguments.memory)
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder)


def replay_log(folder: Path, memory: str) -> None:
    before, after = engines()
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit=memory,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
        Client(cluster) as client,
    ):
        # A partition for each row group, so that one is a small part of what a worker may have.
        flows = dask.dataframe.read_parquet(folder, split_row_groups=True)
        began = time.monotonic()
        found = netpol.dask.replay(flows, before, after, columns="vpc")
        took = time.monotonic() - began
        most = max(client.run(peak_memory).values())
    print(found)
    print(
        f"{found.totals.rows / took / 1e6:.2f} million rows a second on two workers of {parse_bytes(memory) / 1e6:.0f} MB, "
        f"which took {most / 1e6:.0f} MB at most"
    )


def peak_memory() -> int:
    """The most memory that this process ever had, in bytes."""
    # Not of `resource`: that tells the peak of whoever started the process, where it was higher.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    main()

"""How many rows of a flow log a second are replayed against a change: text, Parquet, and tables at hand.

    python netpol-py/benches/replay.py [--pods 10000] [--rows 4000000] [--repeat 3]

The log is one of AWS: thirty thousand pairs that talk to each other, a few of them most of the time, in both
directions. The change takes policies away in one namespace of twenty. Prints rows a second by the clock and of
processor time; groups are compared with single questions.
"""

from __future__ import annotations

import argparse
import ipaddress
import tempfile
import time
from pathlib import Path
from typing import Any

import netpol
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from columns import address, fastest, objects

PAIRS = 30_000


def log(pods: int, rows: int, before: netpol.Engine) -> pa.Table:
    """A flow log of AWS, in which every flow went as the policies have it."""
    random = np.random.default_rng(1)
    outside = [f"192.0.{number // 250}.{number % 250}" for number in range(1_000)]
    ends = np.array([str(address(number)) for number in range(pods)] + outside)
    one, other = random.integers(0, len(ends), (2, PAIRS))
    ports = random.choice([5432, 8080, 53, 443, 22], PAIRS)
    protocols = np.where(ports == 53, 17, 6)
    pairs = {"source": pa.array(ends[one]), "destination": pa.array(ends[other]), "port": pa.array(ports),
             "protocol": pa.array(protocols)}
    passes = before.decide_batch(pairs)
    share = 1 / np.arange(1, PAIRS + 1) ** 0.8
    pair = random.choice(PAIRS, rows, p=share / share.sum())
    reply = (random.random(rows) < 0.5) & passes[pair]
    client = random.integers(32_768, 61_000, rows)
    packets = random.integers(1, 200, rows)
    start = 1_790_000_000 + np.sort(random.integers(0, 3_600, rows))
    return pa.table({
        "version": np.full(rows, 5),
        "interface-id": np.full(rows, "eni-0123456789abcdef0"),
        "srcaddr": ends[np.where(reply, other[pair], one[pair])],
        "dstaddr": ends[np.where(reply, one[pair], other[pair])],
        "srcport": np.where(reply, ports[pair], client),
        "dstport": np.where(reply, client, ports[pair]),
        "protocol": protocols[pair],
        "packets": packets,
        "bytes": packets * random.integers(40, 1_400, rows),
        "start": start,
        "end": start + 60,
        "action": np.where(passes[pair], "ACCEPT", "REJECT"),
        "tcp-flags": random.choice([0, 2, 3], rows) | np.where(reply, 16, 0),
        "log-status": np.full(rows, "OK"),
    })


def check(found: netpol.Replay, table: pa.Table, before: netpol.Engine, after: netpol.Engine) -> None:
    """Compares groups with single questions about their example."""
    assert found.totals.rows == table.num_rows and not found.drift and not found.unread
    assert found.groups
    for group in found.groups[:500]:
        example = group.example
        ends = (ipaddress.ip_address(example.source), ipaddress.ip_address(example.destination))
        was, will = (
            engine.decide(*ends, port=group.port, protocol=group.protocol).is_allow for engine in (before, after)
        )
        assert (was, will) == ((True, False) if group.effect == "blocked" else (False, True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()

    cluster = netpol.Cluster()
    cluster.apply(list(objects(arguments.pods)))
    before = cluster.publish()
    for number in range(0, 100, 20):
        for app in range(10):
            cluster.delete("NetworkPolicy", f"in-a{app}", namespace=f"n{number}")
    after = cluster.publish()
    table = log(arguments.pods, arguments.rows, before)
    found = netpol.replay(table, before, after)
    check(found, table, before, after)
    told = sum(group.flows for group in found.groups)
    print(f"{told / found.totals.judged:.1%} of those judged change, in {len(found.groups):,} groups; "
          f"{found.totals.replies / found.totals.rows:.0%} of the rows are replies")

    def report(name: str, flows: Any) -> None:
        def run() -> None:
            assert netpol.replay(flows, before, after).totals.rows == arguments.rows

        clock, processor = float("inf"), float("inf")
        for _ in range(arguments.repeat):
            began = time.process_time()
            clock = min(clock, fastest(1, run))
            processor = min(processor, time.process_time() - began)
        rates = [arguments.rows / seconds / 1e6 for seconds in (clock, processor)]
        print(f"{name:40}{rates[0]:8.2f}{rates[1]:8.2f} million/s", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        text, parquet = Path(folder) / "flows.log", Path(folder) / "flows.parquet"
        options = pa.csv.WriteOptions(delimiter=" ", quoting_style="none")
        pa.csv.write_csv(table, text, options)
        pq.write_table(table, parquet)
        print(f"{'':40}{'clock':>8}{'cpu':>8}")
        report(f"text, {text.stat().st_size / 1e6:.0f} MB", text)
        report(f"Parquet, {parquet.stat().st_size / 1e6:.0f} MB", parquet)
    report("an Arrow table", table)
    report("a frame of polars", pl.DataFrame(table))


if __name__ == "__main__":
    main()

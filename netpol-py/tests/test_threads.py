"""Any number of threads may use everything at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import netpol
import numpy as np

from . import shop


def run(*work: Callable[[], None]) -> None:
    """Runs all at once; what one raises is raised."""
    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(one) for one in work]:
            done.result()


def test_readers_see_one_snapshot_while_writers_write() -> None:
    cluster = shop.cluster()
    flows = {
        "source": np.array(["10.0.0.2", "10.0.0.3"] * 500),
        "destination": "shop/db",
        "port": np.full(1000, 5432, np.uint16),
    }
    engines = [cluster.publish()]
    finished = threading.Event()

    def write() -> None:
        for number in range(200):
            if number % 2:
                cluster.apply(shop.POLICY)
            else:
                cluster.delete("NetworkPolicy", "db", namespace="shop")
            engines.append(cluster.publish())
        finished.set()

    def read() -> None:
        while not finished.is_set():
            engine = engines[-1]
            closed = len(engine.policies()) == 1
            verdicts = engine.decide_batch(flows, threads=2)
            assert verdicts.reshape(-1, 2).all(axis=0).tolist() == [True, not closed]
            assert verdicts.reshape(-1, 2).any(axis=0).tolist() == [True, not closed]
            assert engine.decide("shop/web", "shop/db", port=5432).is_allow is not closed

    def save() -> None:
        while not finished.is_set():
            engine = engines[-1]
            assert netpol.Engine.restore(engine.save()).policies() == engine.policies()
            cluster.copy().publish()
            cluster.snapshots()

    run(write, read, read, save)
    assert cluster.generation == 201


def test_writers_come_one_after_the_other() -> None:
    cluster = netpol.Cluster()

    def write(number: int) -> Callable[[], None]:
        def add() -> None:
            for count in range(50):
                name = f"p{number}-{count}"
                cluster.upsert(shop.pod(name, f"10.{number}.0.{count + 1}"))
                cluster.publish()

        return add

    run(*(write(number) for number in range(4)))
    engine = cluster.publish()
    assert len(engine.endpoints()) == 200
    assert engine.generation == 201


def test_the_lock_of_the_interpreter_is_released() -> None:
    """While a table is judged, another thread goes on."""
    engine = shop.engine()
    rows = 1_000_000
    flows = {
        "source": np.full(rows, int.from_bytes(bytes([10, 0, 0, 2])), np.uint32),
        "destination": np.full(rows, int.from_bytes(bytes([10, 0, 0, 1])), np.uint32),
        "port": np.full(rows, 5432, np.uint16),
    }
    judged = threading.Event()
    steps = 0

    def judge() -> None:
        for _ in range(5):
            assert engine.decide_batch(flows, threads=1).all()
        judged.set()

    def count() -> None:
        nonlocal steps
        while not judged.is_set():
            steps += 1
            time.sleep(0)

    run(judge, count)
    # A thread that waited for the lock would get a step or two for each call.
    assert steps > 100

"""How many flows a second the Python package judges: columns against a cluster of ten thousand pods.

    python netpol-py/benches/columns.py [--pods 10000] [--rows 4000000] [--repeat 5]

Prints a line for each way to ask: rows a second, and rows a second of processor time, which says more
on a machine that others use too. The fastest of the repetitions counts. The verdicts of a sample are
compared with those of single questions, so that what is measured is right.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import netpol
import numpy as np

NAMESPACES = 100
CALLS = 20_000
CLOCKS = (time.perf_counter, time.process_time)


def objects(pods: int) -> Iterator[dict[str, Any]]:
    """A hundred namespaces with their pods in ten applications each, and for each application a policy
    for ingress and, for every third, one for egress."""
    for number in range(NAMESPACES):
        labels = {"team": f"t{number % 10}"}
        metadata = {"name": f"n{number}", "labels": labels}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        for app in range(10):
            yield from policies(f"n{number}", number, app)
    for number in range(pods):
        namespace, app = number % NAMESPACES, number // NAMESPACES % 10
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"p{number}",
                "namespace": f"n{namespace}",
                "labels": {"app": f"a{app}", "hash": f"h{number}"},
            },
            "status": {"phase": "Running", "podIP": str(address(number))},
        }


def policies(namespace: str, number: int, app: int) -> Iterator[dict[str, Any]]:
    subject = {"podSelector": {"matchLabels": {"app": f"a{app}"}}}
    near = {"podSelector": {"matchLabels": {"app": f"a{(app + 1) % 10}"}}}
    far = {"namespaceSelector": {"matchLabels": {"team": f"t{number % 7}"}}}
    outside = {"ipBlock": {"cidr": f"192.{app}.0.0/16", "except": [f"192.{app}.{number}.0/24"]}}
    ports = [{"port": 5432}, {"port": 8000, "endPort": 8999}, {"protocol": "UDP", "port": 53}]
    ingress = {**subject, "ingress": [{"from": [near, far, outside], "ports": ports}]}
    egress = {**subject, "policyTypes": ["Egress"], "egress": [{"to": [near, far, outside]}]}
    for kind, spec in (("in", ingress), ("out", egress)):
        if kind == "in" or app % 3 == 0:
            yield {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": f"{kind}-a{app}", "namespace": namespace},
                "spec": spec,
            }


def address(number: int) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address("10.0.0.0") + number + 1


def flows(pods: int, rows: int) -> dict[str, Any]:
    """Random pairs of pods, a tenth of the ends outside, on ports that rules name and others."""
    random = np.random.default_rng(1)
    first = int(ipaddress.IPv4Address("10.0.0.1"))

    def end() -> Any:
        inside = first + random.integers(0, pods, rows, dtype=np.uint32)
        outside = int(ipaddress.IPv4Address("192.0.0.0")) + random.integers(0, 1 << 20, rows, dtype=np.uint32)
        return np.where(random.random(rows) < 0.1, outside, inside).astype(np.uint32)

    ports = np.array([5432, 8080, 8999, 53, 443, 22], dtype=np.uint16)
    return {
        "source": end(),
        "destination": end(),
        "port": random.choice(ports, rows),
        "protocol": random.choice(np.array([6, 17], dtype=np.uint8), rows, p=[0.9, 0.1]),
    }


def fastest(
    repeat: int, call: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> float:
    times = []
    for _ in range(repeat):
        begin = clock()
        call()
        times.append(clock() - begin)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    repeat, rows = arguments.repeat, arguments.rows

    cluster = netpol.Cluster()
    everything = list(objects(arguments.pods))
    load = fastest(1, lambda: cluster.apply(everything))
    engine = cluster.publish()
    print(f"{engine!r}, {os.cpu_count()} processors")
    print(f"{'objects from dictionaries':40}{len(everything) / load / 1e3:8.0f} thousand/s")

    table = flows(arguments.pods, rows)
    verdicts = engine.decide_batch(table)
    for row in range(0, rows, max(1, rows // 500)):
        ends = (ipaddress.ip_address(int(table[end][row])) for end in ("source", "destination"))
        port, protocol = int(table["port"][row]), int(table["protocol"][row])
        single = engine.decide(*ends, port=port, protocol=protocol)
        assert single.is_allow == bool(verdicts[row]), row
    print(f"{'rows that may pass':40}{verdicts.mean():8.0%}")

    def report(name: str, rows: int, call: Callable[[], object]) -> None:
        rates = [rows / fastest(repeat, call, clock) / 1e6 for clock in CLOCKS]
        print(f"{name:40}{rates[0]:8.2f} million/s{rates[1]:8.2f} per processor", flush=True)

    report("decide_batch, one thread", rows, lambda: engine.decide_batch(table, threads=1))
    report("decide_batch, two threads", rows, lambda: engine.decide_batch(table, threads=2))
    halves = [{name: part for name, part in zip(table, parts, strict=True)} for parts in zip(
        *(np.array_split(column, 2) for column in table.values()), strict=True)]
    with ThreadPoolExecutor(2) as pool:
        def both() -> None:
            list(pool.map(lambda half: engine.decide_batch(half, threads=1), halves))

        report("decide_batch, from two Python threads", rows, both)
    fewer = {name: column[: rows // 4] for name, column in table.items()}
    report("attribute_batch, deciding policy", rows // 4, lambda: engine.attribute_batch(
        fewer, select=["verdict", "policy", "reason"]))
    report("attribute_batch, every column", rows // 4, lambda: engine.attribute_batch(fewer))
    try:
        import pyarrow as pa
    except ImportError:
        pass
    else:
        arrow = pa.table(table)
        report("decide_batch, Arrow table of numbers", rows, lambda: engine.decide_batch(arrow))
        texts = pa.table({
            **{name: pa.array(column) for name, column in fewer.items()},
            "source": pa.array([str(ipaddress.ip_address(int(one))) for one in fewer["source"]]),
            "destination": pa.array([str(ipaddress.ip_address(int(one))) for one in fewer["destination"]]),
        })
        report("decide_batch, Arrow table of texts", rows // 4, lambda: engine.decide_batch(texts))
    pairs = [(address(number), address(number + 1)) for number in range(CALLS)]
    report("decide, a call for each", CALLS, lambda: [
        engine.decide(source, destination, port=5432) for source, destination in pairs])
    pods = arguments.pods
    names = [(f"n{n % 100 % NAMESPACES}/p{n % pods}", f"n0/p{n % pods // 100 * 100}") for n in range(CALLS)]
    report("decide, a call for each, by name", CALLS, lambda: [
        engine.decide(source, destination, port=5432) for source, destination in names])
    saved = pickle.dumps(engine)
    print(f"{'pickle':40}{len(saved) / 1e6:8.1f} MB")
    print(f"{'pickle.dumps':40}{fastest(repeat, lambda: pickle.dumps(engine)) * 1e3:8.1f} ms")
    print(f"{'pickle.loads':40}{fastest(repeat, lambda: pickle.loads(saved)) * 1e3:8.1f} ms")

    def change(held: bool) -> float:
        """A publication after one change, while an engine is held or not."""
        kept = cluster.publish() if held else None
        begin = time.perf_counter()
        cluster.advance(time.perf_counter())
        cluster.upsert(everything[-1] | {"status": {"phase": "Running", "podIP": "10.9.9.9"}})
        cluster.upsert(everything[-1])
        cluster.publish()
        took = time.perf_counter() - begin
        del kept
        return took

    del engine
    cluster.publish()
    for held in (False, True):
        took = min(change(held) for _ in range(repeat))
        name = f"a change, engine {'held' if held else 'let go'}"
        print(f"{name:40}{took * 1e3:8.2f} ms")


if __name__ == "__main__":
    main()

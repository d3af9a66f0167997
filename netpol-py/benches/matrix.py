"""How long a matrix takes, and how much memory: of pods that are all different, and of replicas.

    python netpol-py/benches/matrix.py [--pods 5000] [--replicas 50000]

Each is made in a process of its own. Prints for each the size, the seconds, those of processor time,
which say more on a machine that others use too, and by how much the largest resident size grew. The
cells of a sample are compared with single questions, so that what is measured is right.
"""

from __future__ import annotations

import argparse
import ipaddress
import multiprocessing
import random
import resource
import time
from collections.abc import Iterator
from typing import Any

import netpol

NAMESPACES = 50
CLOCKS = (time.perf_counter, time.process_time)


def objects(pods: int, workloads: int, services: bool = False) -> Iterator[dict[str, Any]]:
    """Namespaces, each with its share of the workloads, and for each of those a policy, and perhaps a Service;
    as many workloads as pods makes pods that are all different to policies."""
    for number in range(NAMESPACES):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"n{number}"}}
    for number in range(workloads):
        yield {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"p{number}", "namespace": f"n{number % NAMESPACES}"},
            "spec": {
                "podSelector": {"matchLabels": {"app": f"a{number}"}},
                "ingress": [
                    {
                        "from": [
                            {
                                "podSelector": {
                                    "matchLabels": {"app": f"a{(number + NAMESPACES) % workloads}"}
                                }
                            },
                            {"namespaceSelector": {"matchLabels": {"team": f"t{number % 7}"}}},
                            {"ipBlock": {"cidr": f"192.{number % 100}.0.0/16"}},
                        ],
                        "ports": [{"port": 5432}],
                    }
                ],
            },
        }
    for number in range(workloads if services else 0):
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": f"a{number}", "namespace": f"n{number % NAMESPACES}"},
            "spec": {"selector": {"app": f"a{number}"}, "ports": [{"port": 5432}]},
        }
    for number in range(pods):
        workload = number % workloads
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"a{workload}-6f7d9-{number}",
                "namespace": f"n{workload % NAMESPACES}",
                "labels": {"app": f"a{workload}", "pod-template-hash": "6f7d9"},
            },
            "spec": {"nodeName": f"node{(number + number // workloads) % 200}"},
            "status": {"phase": "Running", "podIP": str(ipaddress.ip_address((10 << 24) + number))},
        }


def tell(name: str, size: str, starts: list[float], before: int) -> None:
    """Prints a line."""
    seconds, of_processors = (clock() - start for clock, start in zip(CLOCKS, starts, strict=True))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(
        f"{name}: {size}, {seconds:.1f} s, {of_processors:.1f} s of processors, {grown} MB", flush=True
    )


def measure(name: str, pods: int, workloads: int, group_by: Any, services: bool = False) -> None:
    """Makes a matrix and its page."""
    cluster = netpol.Cluster()
    cluster.apply(objects(pods, workloads, services))
    engine = cluster.publish()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    starts = [clock() for clock in CLOCKS]
    found = netpol.matrix(engine, port=5432, group_by=group_by, services=services)
    tell(name, "x".join(map(str, found.shape)), starts, before)
    starts = [clock() for clock in CLOCKS]
    page = found.to_html()
    tell(f"{name}, the page", f"{len(page) / 1e6:.1f} MB", starts, before)
    rows, columns = found.shape
    choose = random.Random(1)
    for _ in range(2000):
        row, column = choose.randrange(rows), choose.randrange(columns)
        if found.destinations[column].kind == "service":
            continue
        ends = (found.sources[row].members[0], found.destinations[column].members[0])
        if ends[0] == ends[1] or len(found.sources[row]) != len(found.destinations[column]) != 1:
            continue
        source, destination = (end.endpoint or end.addresses[0] for end in ends)
        assert engine.decide(source, destination, port=5432).is_allow == found.allowed[row, column]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pods", type=int, default=5000)
    parser.add_argument("--replicas", type=int, default=50_000)
    arguments = parser.parse_args()
    for measured in (
        ("different pods", arguments.pods, arguments.pods, "endpoint"),
        ("replicas", arguments.replicas, arguments.replicas // 50, "workload"),
        ("replicas and Services", arguments.replicas, arguments.replicas // 50, "workload", True),
    ):
        process = multiprocessing.get_context("spawn").Process(target=measure, args=measured)
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(process.exitcode)


if __name__ == "__main__":
    main()

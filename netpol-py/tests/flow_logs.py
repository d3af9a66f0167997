"""Flow logs of the shop, and a change to replay them against."""

from __future__ import annotations

import json
from typing import Any

import netpol
import pyarrow as pa

from . import shop

BEFORE = shop.engine()


def _after() -> netpol.Engine:
    cluster = shop.cluster()
    cluster.apply("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: db, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress:
          - from: [{podSelector: {matchLabels: {app: web}}}]
    """)
    return cluster.publish()


AFTER = _after()

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end "
    "action log-status"
)
LINES = """\
2 1 eni-1 10.0.0.2 10.0.0.1 41000 5432 6 10 1000 1418530010 1418530070 ACCEPT OK
2 1 eni-1 10.0.0.1 10.0.0.2 5432 41000 6 8 900 1418530011 1418530071 ACCEPT OK
2 1 eni-1 10.0.0.3 10.0.0.1 41001 5432 6 1 60 1418530012 1418530072 REJECT OK
2 1 eni-1 - - - - - - - 1418530010 1418530070 - NODATA
2 1 eni-1 - - - - - - - 1418530010 1418530070 - SKIPDATA
2 1 eni-1 10.0.0.2 10.0.0.1 41000
2 1 eni-1 10.0.0.2 10.0.0.1 41000 http 6 10 1000 1418530010 1418530070 ACCEPT OK
2 1 eni-1 10.0.0.300 10.0.0.1 41000 5432 6 10 1000 1418530010 1418530070 ACCEPT OK
2 1 eni-1 192.0.2.7 10.0.0.1 41000 5432 6 10 1000 1418530010 1418530070 ACCEPT OK
2 1 eni-1 192.0.2.9 10.0.0.1 41000 5432 6 20 2000 1418530009 1418530080 REJECT OK
"""


def effects(found: netpol.Replay) -> list[tuple[str, str, str, str, int | None, int]]:
    return [
        (str(group.effect), group.source, group.destination, group.protocol, group.port, group.flows)
        for group in found.groups
    ]


def version_5() -> pa.Table:
    return pa.table({
        "srcaddr": ["10.0.9.9", "10.0.0.3", "10.0.9.9", "192.0.2.1"],
        "pkt_srcaddr": ["10.0.0.2", None, "10.0.0.1", "192.0.2.1"],
        "dstaddr": ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"],
        "pkt_dstaddr": ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"],
        "srcport": pa.array([50000, 50001, 5432, 50002], pa.int32()),
        "dstport": pa.array([5432, 5432, 50000, 5432], pa.int32()),
        "protocol": pa.array([6] * 4, pa.int32()),
        "tcp_flags": pa.array([2, 2, 18, 0], pa.int32()),
        "bytes": pa.array([1, 2, 3, 4], pa.int64()),
        "start": pa.array([1000, 2000, 3000, 4000], pa.int64()),
        "action": ["ACCEPT", "REJECT", "ACCEPT", "ACCEPT"],
        "log_status": ["OK"] * 4,
        "vpc_id": ["vpc-1"] * 4,
    })


def json_lines(objects: list[Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in objects)

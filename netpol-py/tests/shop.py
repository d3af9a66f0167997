"""The shop of the examples, with pods that have addresses."""

from __future__ import annotations

from typing import Any

import netpol

from .cases import ROOT

SHOP = ROOT / "netpol-core" / "examples" / "shop"

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: api}}
    - ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}
    ports: [{port: 5432}]
"""

SERVICES = """\
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop},
 spec: {selector: {app: db}, ports: [{name: pg, port: 15432, targetPort: postgres}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: all, namespace: shop},
 spec: {ports: [{port: 15432, targetPort: 5432}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: all-1, namespace: shop, labels: {kubernetes.io/service-name: all}}
addressType: IPv4
endpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.3]}, {addresses: [192.0.2.9]}]
ports: [{name: "", port: 5432, protocol: TCP}]
"""


def pod(
    name: str, *addresses: str, namespace: str = "shop", **status: Any
) -> dict[str, Any]:
    """A running pod with a label for its name, which has a port called `postgres`."""
    port = {"name": "postgres", "containerPort": 5432}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"containers": [{"name": "c", "ports": [port]}]},
        "status": {
            "phase": "Running",
            "podIP": addresses[0] if addresses else "",
            "podIPs": [{"ip": address} for address in addresses],
            **status,
        },
    }


def cluster(options: netpol.Options | None = None) -> netpol.Cluster:
    """`shop/db`, closed but for `shop/api` and a block; `shop/web` without a policy."""
    made = netpol.Cluster(options)
    pods = [
        pod("db", "10.0.0.1", "fd00::1"),
        pod("api", "10.0.0.2", "fd00::2"),
        pod("web", "10.0.0.3"),
        pod("six", "fd00::4"),
    ]
    made.apply([NAMESPACE, *pods])
    made.apply(POLICY, name="db.yaml")
    return made


def engine(options: netpol.Options | None = None) -> netpol.Engine:
    return cluster(options).publish()


def with_services(policy: str = POLICY) -> netpol.Engine:
    """The same under another policy, with a Service of the database, `svc/shop/db`, and one of database, web
    and an address outside, `svc/shop/all`."""
    made = cluster()
    made.apply(policy)
    made.apply(SERVICES)
    return made.publish()

"""Names of endpoints, objects, policies and rules."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from ._verdicts import Direction, Tier


@dataclass(frozen=True, slots=True, order=True)
class ObjectName:
    """Names one object: kind, namespace, name. Printed ``NetworkPolicy shop/db``."""

    kind: str
    """The kind as the API spells it."""
    namespace: str
    """Its namespace; empty for cluster-scoped kinds."""
    name: str
    """Its name; may be empty in an object that is refused."""

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}".rstrip()


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """A pod, or a workload that stands in for pods that are not there.

    Answers name endpoints with it, and every question takes it where it takes a name: unlike
    ``"namespace/name"`` it is never ambiguous.

    >>> str(Endpoint("shop", "web"))
    'shop/web'
    >>> str(Endpoint("shop", "web", kind="Deployment"))
    'deployment/shop/web'
    """

    namespace: str
    """Its namespace."""
    name: str
    """Its name."""
    kind: str = "Pod"
    """``Pod``, or the kind of the workload."""

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}"
        return place if self.kind == "Pod" else f"{self.kind.lower()}/{place}"


@dataclass(frozen=True, slots=True)
class PolicyName:
    """Names a policy.

    Printed ``NetworkPolicy shop/db``, ``ClusterNetworkPolicy tenants (priority 10)``.
    """

    tier: Tier
    """Its tier."""
    kind: str
    """Its kind; that of a namespace whose annotation isolates its pods."""
    namespace: str
    """Its namespace; empty for a cluster-wide policy."""
    name: str
    """Its name."""
    priority: int | None = None
    """Its priority, where its kind has one."""

    def __str__(self) -> str:
        if self.kind == "Namespace":
            return f"the annotation of Namespace {self.name}"
        place = f"{self.namespace}/" if self.namespace else ""
        priority = f" (priority {self.priority})" if self.priority is not None else ""
        return f"{self.kind} {place}{self.name}{priority}"


@dataclass(frozen=True, slots=True)
class RuleName:
    """Names a rule, and the peer and port in it.

    Printed ``NetworkPolicy shop/db spec.ingress[0] (from[0], ports[1])``.
    """

    policy: PolicyName
    """The policy."""
    direction: Direction
    """The list: ``spec.ingress`` or ``spec.egress``."""
    rule: int
    """Index in the list."""
    name: str | None = None
    """Its own name, where it has one."""
    peer: int | None = None
    """Index in the rule's ``from`` or ``to``, unless the rule names no peers."""
    port: int | None = None
    """Index in the rule's ``ports`` or ``protocols``, unless the rule has no such list."""

    def __str__(self) -> str:
        parts = []
        if self.peer is not None:
            parts.append(f"{'from' if self.direction is Direction.INGRESS else 'to'}[{self.peer}]")
        if self.port is not None:
            entries = "protocols" if self.policy.kind == "ClusterNetworkPolicy" else "ports"
            parts.append(f"{entries}[{self.port}]")
        name = f' "{self.name}"' if self.name is not None else ""
        detail = f" ({', '.join(parts)})" if parts else ""
        return f"{self.policy} spec.{self.direction}[{self.rule}]{name}{detail}"


def is_address(text: str) -> bool:
    """Whether a text is an IP address, and so no name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

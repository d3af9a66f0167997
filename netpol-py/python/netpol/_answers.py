"""What is answered beside a verdict: decisions, explanations, who reaches whom."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ._names import Endpoint, ObjectName, PolicyName, RuleName
from ._verdicts import Direction, Reason, ServiceVerdict, Stage, Tier, TierOutcome, Verdict

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Attribution:
    """What the verdict of one direction rests on."""

    verdict: Verdict
    """The verdict of this direction."""
    reason: Reason
    """Why."""
    tier: Tier | None = None
    """The tier that decided, when a policy did."""
    policy: PolicyName | None = None
    """The policy whose rule decides, or the first NetworkPolicy that isolates when none of theirs
    matches."""
    rule: int | None = None
    """The index of the rule that decides, in ``spec.ingress`` or ``spec.egress``."""
    peer: int | None = None
    """The index of the peer in the rule's ``from`` or ``to``; none when the rule names no peers."""
    port: int | None = None
    """The index of the entry in the rule's ``ports`` or ``protocols``; none when the rule has no such
    list."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and, for each direction, what it rests on."""

    verdict: Verdict
    """What `Engine.decide` answers."""
    generation: int
    """The engine's generation."""
    egress: Attribution
    """May the source send it? Told also when the other direction denies already."""
    ingress: Attribution
    """May the destination receive it?"""

    def direction(self, direction: Direction | str) -> Attribution:
        """What the verdict of a direction rests on."""
        return self.ingress if Direction(direction) is Direction.INGRESS else self.egress


@dataclass(frozen=True, slots=True)
class Party:
    """One end of an explained packet. Printed ``shop/db (10.0.0.1)``."""

    endpoint: Endpoint | None = None
    """The endpoint, when the end is one."""
    address: Address | None = None
    """Its address, when it has one."""

    def __str__(self) -> str:
        if self.endpoint is None:
            return str(self.address) if self.address is not None else "nobody"
        name = f"{self.endpoint.namespace}/{self.endpoint.name}"
        return f"{name} ({self.address})" if self.address is not None else name


@dataclass(frozen=True, slots=True)
class TierStep:
    """What one tier says."""

    tier: Tier
    """The tier."""
    outcome: TierOutcome
    """What it says."""
    rule: RuleName | None = None
    """The rule that says so."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The rule that came nearest to allowing, and what it fails on."""

    rule: RuleName
    """The rule, with the peer or port it fails on."""
    stage: Stage
    """What it fails on."""
    detail: str
    """The same in words."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the verdict of one direction rests on, in full."""

    direction: Direction
    """The direction."""
    verdict: Verdict
    """The verdict of this direction."""
    reason: Reason
    """Why."""
    tiers: tuple[TierStep, ...] = ()
    """What the tiers say that have policies for the subject, in the order in which they were asked;
    empty when something before them decides."""
    isolated_by: tuple[PolicyName, ...] = ()
    """Every NetworkPolicy that isolates the subject in this direction, when they were asked."""
    allowed_by: tuple[RuleName, ...] = ()
    """Every rule of theirs that allows, up to 1,000; the first is the one that `Engine.attribute`
    tells. Or the one rule of an ordered tier that accepts."""
    nearest_miss: NearMiss | None = None
    """The rule that came nearest, when none allows."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with names: who asked whom for what, and what each direction rests on.

    ``str()`` prints it for people, `to_dict` gives the same for programs.
    """

    verdict: Verdict
    """What `Engine.decide` answers."""
    generation: int
    """The engine's generation."""
    source: Party
    """Who sends."""
    destination: Party
    """Who receives."""
    protocol: str
    """The protocol: ``TCP``, ``ICMPv6``, ``protocol 47``."""
    port: int | None
    """The destination port, where there is one."""
    icmp: tuple[int, int] | None
    """Type and code of ICMP."""
    egress: Account
    """May the source send it?"""
    ingress: Account
    """May the destination receive it?"""
    notes: tuple[str, ...]
    """What else is to be known about the answer."""
    _text: str = field(repr=False, compare=False)
    _json: str = field(repr=False, compare=False)

    def direction(self, direction: Direction | str) -> Account:
        """What the verdict of a direction rests on."""
        return self.ingress if Direction(direction) is Direction.INGRESS else self.egress

    def to_dict(self) -> dict[str, Any]:
        """The explanation as plain lists and dictionaries, with the names it has in JSON."""
        found: dict[str, Any] = json.loads(self._json)
        return found

    def to_json(self) -> str:
        """The explanation as JSON, indented."""
        return self._json

    def __str__(self) -> str:
        return self._text


@dataclass(frozen=True, slots=True)
class Backend:
    """One of those who get what is sent to a Service. Printed ``shop/db 15432``."""

    endpoint: Endpoint | None
    """The endpoint that it is; none where nobody knows whose the address is."""
    address: Address | None
    """The address, where it is no endpoint."""
    port: int
    """The port on it."""

    def __str__(self) -> str:
        return f"{self.address if self.endpoint is None else self.endpoint} {self.port}"


@dataclass(frozen=True, slots=True)
class ServiceExplanation:
    """An answer about a Service with names: who asked, and what each backend's verdict rests on.

    ``str()`` prints it for people, `to_dict` gives the same for programs.
    """

    verdict: ServiceVerdict
    """What `Engine.decide_service` answers."""
    generation: int
    """The engine's generation."""
    source: Party
    """Who sends."""
    service: ObjectName
    """The Service."""
    protocol: str
    """The protocol."""
    port: int
    """The number that was connected to: the Service's port, or a headless Service's pods'."""
    port_name: str | None
    """The name of the Service's port, when it has one."""
    backends: tuple[Explanation, ...]
    """The answer for each backend, with the port on it."""
    notes: tuple[str, ...]
    """What else is to be known about the answer."""
    _text: str = field(repr=False, compare=False)
    _json: str = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The explanation as plain lists and dictionaries, with the names it has in JSON."""
        found: dict[str, Any] = json.loads(self._json)
        return found

    def to_json(self) -> str:
        """The explanation as JSON, indented."""
        return self._json

    def __str__(self) -> str:
        return self._text


@dataclass(frozen=True, slots=True)
class Reach:
    """The other ends that may open a connection, or to which one may be opened.

    ``"shop/web" in reach`` asks for an endpoint, ``ipaddress.ip_address("192.0.2.1") in reach`` for
    an address that is no endpoint's.
    """

    endpoints: tuple[Endpoint, ...]
    """Endpoints, in order of namespace, name and kind."""
    networks: tuple[Network, ...]
    """Addresses that are no endpoint's; disjoint and as few ranges as possible, in order. An address
    in one of them that is an endpoint's is as the endpoint is."""

    def __contains__(self, other: object) -> bool:
        if isinstance(other, (ipaddress.IPv4Address, ipaddress.IPv6Address)):
            return any(other in network for network in self.networks)
        if isinstance(other, Endpoint):
            return other in self.endpoints
        if isinstance(other, str):
            return any(other == str(endpoint) for endpoint in self.endpoints)
        return False


@dataclass(frozen=True, slots=True)
class MemoryUsage:
    """How many bytes there are on the heap, part by part, each with its name.

    Snapshots share what did not change between them, so those of several engines of a cluster do not
    add up.
    """

    hot: dict[str, int]
    """What `Engine.decide` reads."""
    provenance: dict[str, int]
    """What attribution and explanation read besides."""
    names: dict[str, int]
    """Who endpoints and addresses are."""
    writer: dict[str, int]
    """What the writer keeps to itself; only told by `Cluster.memory_usage`."""

    @property
    def hot_bytes(self) -> int:
        """All that `Engine.decide` reads, in bytes."""
        return sum(self.hot.values())

    @property
    def bytes(self) -> int:
        """Everything, in bytes."""
        parts = (self.hot, self.provenance, self.names, self.writer)
        return sum(sum(part.values()) for part in parts)


@dataclass(frozen=True, slots=True)
class PolicyFootprint:
    """What one policy takes."""

    policy: PolicyName
    """The policy."""
    combinations: int
    """How many combinations of policies it is part of, one for each set of policies that selects
    some pod, and direction."""
    entries: int
    """How many entries of rule sets come from it."""
    bytes: int
    """Its share of the rule sets' memory and its own, in bytes."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What `Manifest.convert` made of policies of older forms."""

    policies: tuple[dict[str, Any], ...]
    """The NetworkPolicies of ``networking.k8s.io/v1`` to be applied in the place of the old ones."""
    notes: tuple[Any, ...]
    """What was left out, and what could not be known; each is a `Diagnostic`."""

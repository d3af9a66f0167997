"""Who the rows and columns of a matrix stand for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .._answers import Address, Network
from .._names import Endpoint
from .._types import EndpointLike

GroupKind: TypeAlias = Literal["endpoints", "prefix", "node", "address", "service"]


@dataclass(frozen=True, slots=True)
class MatrixMember:
    """One end of the questions that a matrix asks: an endpoint, or somebody outside."""

    endpoint: Endpoint | None
    """The endpoint, which is asked by its name."""
    addresses: tuple[Address, ...] = ()
    """Its addresses in its own order, at most one of each family; one without an endpoint is asked by
    them."""
    service: str | None = None
    """The name of a Service, ``svc/namespace/name``, whose backends are asked about."""

    def __str__(self) -> str:
        if self.service is not None:
            return self.service
        return str(self.endpoint if self.endpoint is not None else self.addresses[0])


def asked(source: MatrixMember, destination: MatrixMember) -> tuple[EndpointLike, EndpointLike]:
    """What a question calls the two ends: who is no endpoint by the address of the first family of the
    source that both have."""
    families = {address.version for address in destination.addresses}
    common = (address.version for address in source.addresses if address.version in families)
    family = next(common, None)
    return _called(source, family), _called(destination, family)


def _called(member: MatrixMember, family: int | None) -> EndpointLike:
    if member.service is not None:
        return member.service
    if member.endpoint is not None:
        return member.endpoint
    of_family = (address for address in member.addresses if address.version == family)
    return next(of_family, member.addresses[0])


@dataclass(frozen=True, slots=True)
class MatrixGroup:
    """Who a row or a column of a `Matrix` stands for. Printed as its name, ``shop/web``."""

    name: str
    """What it is called, which nothing else on its axis is."""
    kind: GroupKind
    """``endpoints``: pods and workloads. ``prefix``: the addresses of a prefix that are no endpoint's
    and in no narrower prefix that policies name. ``node``, ``address``, ``service``: one of these."""
    namespace: str = ""
    """The namespace of its endpoints, of the Service, or of the endpoint that has the address, where it is
    one."""
    endpoints: tuple[Endpoint, ...] = ()
    """Its endpoints, in order of namespace, name and kind."""
    network: Network | None = None
    """The prefix."""
    members: tuple[MatrixMember, ...] = field(default=(), repr=False)
    """What questions are asked about: its endpoints, or addresses that stand for all others."""

    @property
    def is_external(self) -> bool:
        """Whether it is none of the cluster's endpoints and Services, nor an address of one."""
        return self.kind not in ("endpoints", "service") and not self.namespace

    def __len__(self) -> int:
        return len(self.members)

    def __str__(self) -> str:
        return self.name

    def has(self, other: object) -> bool:
        """Whether it is meant by a name, an `Endpoint`, an address or a prefix. An address is meant by
        the group that it stands for, and a prefix by the group that has exactly this one."""
        if isinstance(other, str) and other == self.name:
            return True
        if isinstance(other, Endpoint):
            return other in self.endpoints
        if isinstance(other, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
            return other == self.network
        if isinstance(other, str):
            return any(other in _spellings(endpoint) for endpoint in self.endpoints) or (
                self.network is not None and other == str(self.network)
            )
        return any(other in member.addresses for member in self.members)


def _spellings(endpoint: Endpoint) -> tuple[str, str]:
    place = f"{endpoint.namespace}/{endpoint.name}"
    return place, f"{endpoint.kind.lower()}/{place}"

"""The rows and columns of a matrix: everybody, or whom the caller names."""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .. import _services
from .._answers import Address, Network
from .._errors import UnknownEndpointError
from .._names import Endpoint, ObjectName
from .._netpol import Engine
from .._services import DestinationLike
from . import _outside, _workloads
from ._access import MatrixPort
from ._contents import Contents
from ._groups import MatrixGroup, MatrixMember
from ._workloads import GroupBy

EndsLike: TypeAlias = DestinationLike | Network | Iterable[DestinationLike | Network]
"""Whom an axis is about: ``"shop/*"`` and other patterns of names, endpoints, addresses, prefixes, and
as destinations Services, ``"svc/shop/db"`` and ``"svc/shop/*"``; one, or several."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a matrix was asked, so that another engine can be asked the same."""

    ports: tuple[MatrixPort, ...]
    sources: EndsLike | None
    destinations: EndsLike | None
    group_by: GroupBy
    prefixes: bool
    nodes: bool
    services: bool


def axes(
    engine: Engine, contents: Contents, question: Question
) -> tuple[list[MatrixGroup], list[MatrixGroup]]:
    """The rows and the columns that a question means."""
    everybody: list[MatrixGroup] = []
    if question.sources is None or question.destinations is None:
        everybody = _everybody(engine, contents, question)
    sources, destinations = (
        everybody if ends is None else named(engine, contents, ends, question.group_by)
        for ends in (question.sources, question.destinations)
    )
    if question.services and question.destinations is None:
        destinations = [*destinations, *map(_service, engine.services())]
    for group in sources:
        if group.kind == "service":
            raise ValueError(f"`{group}` is a Service, which sends nothing: name its pods as sources")
    return sources, destinations


def _everybody(engine: Engine, contents: Contents, question: Question) -> list[MatrixGroup]:
    """All endpoints, and as is asked for the nodes, the prefixes that policies name, everybody else."""
    groups = _endpoints(contents, engine.endpoints(), question.group_by)
    if question.nodes:
        groups += _outside.nodes(contents)
    if question.prefixes:
        networks = {*contents.named, *contents.compared} | _families(engine, contents)
        groups += _outside.prefixes(engine, contents, networks)
    return groups


def named(engine: Engine, contents: Contents, ends: EndsLike, group_by: GroupBy) -> list[MatrixGroup]:
    """Those whom a caller names, each once: the endpoints in groups, then the others in the order given."""
    if isinstance(ends, (str, Endpoint, ObjectName, *_ADDRESSES, *_NETWORKS)):
        ends = [ends]
    endpoints: dict[Endpoint, None] = {}
    others: dict[str, MatrixGroup] = {}
    for end in ends:
        for one in _read(engine, contents, end):
            if isinstance(one, MatrixGroup):
                others[one.name] = one
            else:
                endpoints[one] = None
    groups = _endpoints(contents, endpoints, group_by)
    return groups + list(others.values())


_ADDRESSES = (ipaddress.IPv4Address, ipaddress.IPv6Address)
_NETWORKS = (ipaddress.IPv4Network, ipaddress.IPv6Network)


def _read(engine: Engine, contents: Contents, end: object) -> Sequence[MatrixGroup | Endpoint]:
    if isinstance(end, _NETWORKS):
        return [_outside.whole_prefix(engine, contents, end)]
    if isinstance(end, _ADDRESSES):
        owner = engine.owner(end)
        namespace = owner.namespace if owner is not None else ""
        return [MatrixGroup(str(end), "address", namespace, members=(MatrixMember(None, (end,)),))]
    if isinstance(end, Endpoint):
        return [engine.endpoint(end)]
    if _services.is_service(end):
        return [_service(name) for name in _services.matching(engine, _services.called(end))]
    if not isinstance(end, str):
        raise TypeError(
            "an end must be the name of an endpoint or of a Service, a pattern, an Endpoint, an address "
            f"or a prefix, not {type(end).__name__}"
        )
    outside = _address_or_network(end)
    if outside is not None:
        return _read(engine, contents, outside)
    if not any(sign in end for sign in "*?["):
        return [engine.endpoint(end)]
    matching = [
        endpoint
        for endpoint in engine.endpoints()
        if any(
            fnmatch.fnmatchcase(name, end)
            for name in (f"{endpoint.namespace}/{endpoint.name}", _in_full(endpoint))
        )
    ]
    if not matching:
        raise UnknownEndpointError(f"no endpoint matches `{end}`")
    return matching


def _service(service: ObjectName) -> MatrixGroup:
    name = _services.called(service)
    member = MatrixMember(None, service=name)
    return MatrixGroup(name, "service", service.namespace, members=(member,))


def _address_or_network(text: str) -> Address | Network | None:
    try:
        if "/" in text:
            return ipaddress.ip_network(text, strict=False)
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _in_full(endpoint: Endpoint) -> str:
    return f"{endpoint.kind.lower()}/{endpoint.namespace}/{endpoint.name}"


def _endpoints(
    contents: Contents, endpoints: Iterable[Endpoint], group_by: GroupBy
) -> list[MatrixGroup]:
    groups = []
    for name, own in _workloads.group(contents, endpoints, group_by).items():
        namespaces = {endpoint.namespace for endpoint in own}
        members = tuple(MatrixMember(endpoint, contents.addresses(endpoint)) for endpoint in own)
        namespace = namespaces.pop() if len(namespaces) == 1 else ""
        groups.append(MatrixGroup(name, "endpoints", namespace, own, members=members))
    return sorted(groups, key=lambda group: (group.namespace, group.name))


def _families(engine: Engine, contents: Contents) -> set[Network]:
    """Everything, in each family that somebody has, or that policies speak of."""
    versions = {network.version for network in contents.named | contents.compared}
    for endpoint in engine.endpoints():
        versions.update(address.version for address in contents.addresses(endpoint) or _UNKNOWN)
    everything = map(ipaddress.ip_network, ("0.0.0.0/0", "::/0"))
    return {network for network in everything if network.version in versions}


# Who has no address yet may get one that is as common as any.
_UNKNOWN = (ipaddress.IPv4Address("0.0.0.0"),)

"""Who is outside of the cluster: prefixes that policies name, and an address that stands for each."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from .._answers import Address, Network
from .._netpol import Engine
from ._contents import Contents
from ._groups import MatrixGroup, MatrixMember

# Nobody has them (RFC 5737, RFC 3849), so they say best that they are examples.
_EXAMPLES: tuple[Address, ...] = tuple(
    map(ipaddress.ip_address, ("203.0.113.1", "198.51.100.1", "192.0.2.1", "2001:db8::1"))
)
# How many addresses of a range are tried until one is nobody's: more than a range has pods that are
# there with reason.
_TRIED = 1 << 12


def prefixes(engine: Engine, contents: Contents, networks: Iterable[Network]) -> list[MatrixGroup]:
    """A group for each prefix: the addresses in it that are nobody's and in no narrower one of them.
    Those all of whose addresses are somebody's, or in a narrower one, are left out."""
    groups = []
    networks = sorted(set(networks), key=_order)
    for network in networks:
        narrower = contents.prefixes.next_narrower(network)
        address = _example(engine, contents, network, narrower)
        if address is not None:
            told = [other for other in narrower if other in contents.named or other in contents.compared]
            groups.append(
                MatrixGroup(
                    _name(network, told),
                    "prefix",
                    network=network,
                    members=(MatrixMember(None, (address,)),),
                )
            )
    return groups


def whole_prefix(engine: Engine, contents: Contents, network: Network) -> MatrixGroup:
    """A group for a prefix with everything in it that is no endpoint's: an address for each prefix
    inside it to which policies may mean something else."""
    inside = contents.prefixes.inside(network)
    members = []
    for part in dict.fromkeys([network, *inside]):
        address = _example(engine, contents, part, contents.prefixes.next_narrower(part))
        if address is not None:
            members.append(MatrixMember(None, (address,)))
    if not members:
        raise ValueError(f"every address of {network} is an endpoint's")
    return MatrixGroup(str(network), "prefix", network=network, members=tuple(members))


def nodes(contents: Contents) -> list[MatrixGroup]:
    """A group for each node that has addresses."""
    groups = []
    for name, addresses in contents.nodes.items():
        first = {address.version: address for address in reversed(addresses)}
        if first:
            own = tuple(address for address in addresses if first[address.version] == address)
            member = MatrixMember(None, tuple(dict.fromkeys(own)))
            groups.append(MatrixGroup(f"node/{name}", "node", members=(member,)))
    return groups


def _order(network: Network) -> tuple[bool, int, int, int]:
    """Narrow things in order of address; everything else last."""
    return (
        network.prefixlen == 0,
        network.version,
        int(network.network_address),
        network.prefixlen,
    )


def _name(network: Network, narrower: list[Network]) -> str:
    if network.prefixlen == 0:
        return f"anywhere{' else' if narrower else ''} (IPv{network.version})"
    if not narrower:
        return str(network)
    rest = str(narrower[0]) if len(narrower) == 1 else f"{len(narrower)} narrower prefixes"
    return f"{network} without {rest}"


def _example(
    engine: Engine, contents: Contents, network: Network, narrower: list[Network]
) -> Address | None:
    """An address in a prefix and in none of the narrower ones that is nobody's."""
    gaps = list(_gaps(network, narrower))
    for address in _candidates(network, gaps):
        if address not in contents.node_addresses and engine.owner(address) is None:
            return address
    return None


def _candidates(network: Network, gaps: list[tuple[int, int]]) -> Iterator[Address]:
    kind = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
    for example in _EXAMPLES:
        if example.version == network.version and any(a <= int(example) <= b for a, b in gaps):
            yield example
    # Loopback is no address of anybody outside, and the first of a network is rarely somebody's.
    for first, last in gaps:
        start = first + 1 if last > first else first
        for number in [*range(start, min(last, start + _TRIED) + 1), last, first]:
            address = kind(number)
            if not address.is_loopback:
                yield address


def _gaps(network: Network, narrower: list[Network]) -> Iterator[tuple[int, int]]:
    """The runs of addresses of a prefix that are in none of the narrower ones, in order."""
    start = int(network.network_address)
    for other in narrower:
        first = int(other.network_address)
        if first > start:
            yield start, first - 1
        start = int(other.broadcast_address) + 1
    if start <= int(network.broadcast_address):
        yield start, int(network.broadcast_address)

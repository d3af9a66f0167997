"""What an engine was compiled from, as far as a matrix has to know it.

An engine tells endpoints and answers questions; which labels a pod has, and which prefixes policies
name, is in what it was compiled from, and `Engine.save` writes that down.
"""

from __future__ import annotations

import bisect
import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from .._answers import Address, Network
from .._names import Endpoint
from .._netpol import Engine

Record: TypeAlias = Mapping[str, Any]


class Contents:
    """The objects of an engine."""

    def __init__(self, engine: Engine, compared: Iterable[Network] = ()) -> None:
        saved = json.loads(engine.save())
        inventory = saved["inventory"]
        namespaces = inventory["namespaces"]
        self.records: dict[Endpoint, Record] = {
            Endpoint(namespace["name"], record["name"], record["kind"]): record
            for namespace in namespaces
            for record in namespace["endpoints"]
        }
        """Every pod and workload, also those that are no endpoints."""
        self.options: Record = saved["options"]
        nodes = inventory["nodes"]
        fed = inventory["fedNodeAddresses"]
        self.nodes: dict[str, tuple[Address, ...]] = {
            name: tuple(
                map(
                    ipaddress.ip_address, [*nodes.get(name, {}).get("addresses", []), *fed.get(name, [])]
                )
            )
            for name in sorted({*nodes, *fed})
        }
        """The addresses of each node."""
        self.node_addresses: frozenset[Address] = frozenset(
            ipaddress.ip_address(address)
            for addresses in (
                *(node["addresses"] + node["gateways"] for node in nodes.values()),
                *fed.values(),
                *(record["hostAddresses"] for record in self.records.values()),
            )
            for address in addresses
        )
        """Every address that counts as a node's."""
        texts = set(
            _texts(
                [
                    inventory["clusterPolicies"],
                    [namespace["policies"] for namespace in namespaces],
                ]
            )
        )
        self._words = "\n".join(texts)
        named = {network for network in map(_network, texts) if network is not None}
        self.named: frozenset[Network] = frozenset(named)
        """The prefixes that policies name, excepts too."""
        self.compared = frozenset(compared)
        """The prefixes that policies of another engine name, with which this one is compared."""
        named |= self.compared
        resolved = inventory["domains"]["records"].values()
        pod_ranges = (_network(text) for node in nodes.values() for text in node["podCidrs"])
        named |= {found for found in pod_ranges if found is not None}
        named |= {ipaddress.ip_network(address) for addresses in resolved for address in addresses}
        self.prefixes = Prefixes(named)
        """All prefixes that may mean something to a verdict."""

    def addresses(self, endpoint: Endpoint) -> tuple[Address, ...]:
        """The addresses of an endpoint, in its order."""
        return tuple(map(ipaddress.ip_address, self.records[endpoint]["addresses"]))

    def is_selected_by(self, key: str) -> bool:
        """Whether some selector may ask for labels of this key. Never wrongly denied."""
        return key in self._words


class Prefixes:
    """A set of prefixes, each with the narrower ones in it. Both families have their widest."""

    def __init__(self, networks: Iterable[Network]) -> None:
        everything = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
        self._all = sorted({*networks, *everything}, key=_place)
        self._places = [_place(network) for network in self._all]
        self._wider: list[int] = []
        within: list[int] = []
        for number, network in enumerate(self._all):
            while within and not _holds(self._all[within[-1]], network):
                within.pop()
            self._wider.append(within[-1] if within else -1)
            within.append(number)

    def __iter__(self) -> Iterator[Network]:
        return iter(self._all)

    def narrowest(self, address: Address) -> Network:
        """The narrowest prefix with an address in it; whoever has the same one is in all the same
        prefixes."""
        place = (address.version, int(address), address.max_prefixlen)
        number = bisect.bisect_right(self._places, place) - 1
        while number >= 0 and address not in self._all[number]:
            number = self._wider[number]
        return self._all[number]

    def next_narrower(self, network: Network) -> list[Network]:
        """The prefixes inside another that no further one inside it holds, in order."""
        found: list[Network] = []
        start = bisect.bisect_left(self._places, _place(network))
        for other in self._all[start:]:
            if not _holds(network, other):
                break
            if other != network and not (found and _holds(found[-1], other)):
                found.append(other)
        return found

    def inside(self, network: Network) -> list[Network]:
        """The prefixes inside another, itself among them if it is one."""
        start = bisect.bisect_left(self._places, _place(network))
        found = []
        for other in self._all[start:]:
            if not _holds(network, other):
                break
            found.append(other)
        return found


def _place(network: Network) -> tuple[int, int, int]:
    return (network.version, int(network.network_address), network.prefixlen)


def _holds(wide: Network, narrow: Network) -> bool:
    return (
        wide.version == narrow.version
        and wide.prefixlen <= narrow.prefixlen
        and narrow.network_address in wide
    )


def _texts(value: Any) -> Iterator[str]:
    """Every text in plain data, those that keys are too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _network(text: str) -> Network | None:
    """The prefix that a text is; names of objects have no slash."""
    if "/" not in text:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None

"""Which members no policy tells apart, so that one of them is asked for all.

The engine is not asked what its classes are: a member's key holds everything of it that any verdict may
depend on, and more. What is strange in any way is alike to nobody.
"""

from __future__ import annotations

import ipaddress
import json
from collections import Counter
from collections.abc import Iterable

from .._answers import Address
from .._names import Endpoint
from .._netpol import Engine
from ._contents import Contents
from ._groups import MatrixMember

# Names, and when objects were made, tell a pod from another one only where both claim an address.
_OWN = frozenset({"name", "labels", "addresses", "created", "node", "hostAddresses"})


class Alikes:
    """Members with their numbers, and for each the number of those that it is like."""

    def __init__(self, engine: Engine, contents: Contents, members: Iterable[MatrixMember]) -> None:
        self._engine = engine
        self._contents = contents
        self._numbers: dict[MatrixMember, int] = {}
        self._by_endpoint: dict[Endpoint, int] = {}
        self.members: list[MatrixMember] = []
        """By their numbers."""
        self.by_policies: list[int] = []
        """For each member a number that those share who are alike to all policies."""
        self.by_everything: list[int] = []
        """The same, and who are on the same node, so that nodes do not tell them apart either."""
        self.is_special: list[bool] = []
        """Whether a verdict may depend on the node of the other end."""
        self.is_plain: list[bool] = []
        """Whether questions about its addresses mean it."""
        self.by_families: dict[tuple[int, ...], int] = {}
        """For the families of addresses that sources may have, in their order, one that has them."""
        self._keys: dict[object, int] = {}
        self._labels: dict[str, bool] = {}
        members = list(members)
        self._contested = _contested(contents, members)
        for member in members:
            self._add(member)

    def numbers(self, members: Iterable[MatrixMember]) -> list[int]:
        """The numbers of members."""
        return [self._numbers[member] for member in members]

    def endpoints(self, endpoints: Iterable[Endpoint]) -> set[int]:
        """The numbers of those among some endpoints that are members."""
        found = (self._by_endpoint.get(endpoint) for endpoint in endpoints)
        return {number for number in found if number is not None}

    def _add(self, member: MatrixMember) -> None:
        if member in self._numbers:
            return
        self._numbers[member] = len(self.members)
        self.members.append(member)
        special = self._special(member)
        key: object = member
        node = ""
        if member.endpoint is not None:
            self._by_endpoint[member.endpoint] = self._numbers[member]
            if not special and self._contested.isdisjoint(member.addresses):
                key, node = self._facts(member.endpoint, member.addresses), self._node(member.endpoint)
            elif special and self._is_its_node(member):
                key, node = (
                    (self._facts(member.endpoint, ()), member.addresses),
                    self._node(member.endpoint),
                )
        if member.service is None:
            families = tuple(address.version for address in member.addresses)
            self.by_families.setdefault(families, self._numbers[member])
        self.is_special.append(special)
        self.is_plain.append(self._plain(member))
        self.by_policies.append(self._number(key))
        self.by_everything.append(self._number((key, node)))

    def _number(self, key: object) -> int:
        return self._keys.setdefault(key, len(self._keys))

    def kind(self, number: int, by_node: bool) -> int:
        """What a member shares with those who are alike to an end, which tells nodes apart or does not."""
        by_node = by_node or self.is_special[number]
        return (self.by_everything if by_node else self.by_policies)[number]

    def is_told_apart_by_node(self, end: Endpoint | Address) -> bool:
        """Whether a verdict about an end, who need not be a member, may depend on the node of the other."""
        if isinstance(end, Endpoint):
            return self._special(MatrixMember(end, self._contents.addresses(end)))
        return self._special(MatrixMember(None, (end,)))

    def _special(self, member: MatrixMember) -> bool:
        """Whether it is a node, or may be taken for one, or its address is another's."""
        if any(address in self._contents.node_addresses for address in member.addresses):
            return True
        if member.endpoint is None:
            return False
        record = self._contents.records[member.endpoint]
        return bool(record["hostNetwork"]) or not self._owns_addresses(member)

    def _plain(self, member: MatrixMember) -> bool:
        if not member.addresses:
            return False
        return member.endpoint is None or self._owns_addresses(member) or self._is_its_node(member)

    def _is_its_node(self, member: MatrixMember) -> bool:
        """Whether it is on its node's network, and the options have it that policies see the node."""
        return (
            member.endpoint is not None
            and bool(self._contents.records[member.endpoint]["hostNetwork"])
            and self._contents.options["hostNetworkPods"] == "ignore"
            and all(self._engine.owner(address) is None for address in member.addresses)
        )

    def _owns_addresses(self, member: MatrixMember) -> bool:
        return all(self._engine.owner(address) == member.endpoint for address in member.addresses)

    def _facts(self, endpoint: Endpoint, addresses: Iterable[Address]) -> str:
        """What policies may know of an endpoint."""
        record = self._contents.records[endpoint]
        facts = {name: value for name, value in record.items() if name not in _OWN}
        facts["namespace"] = endpoint.namespace
        facts["labels"] = sorted(
            item for item in record["labels"].items() if self._is_selected_by(item[0])
        )
        narrowest = self._contents.prefixes.narrowest
        facts["prefixes"] = [str(narrowest(address)) for address in addresses]
        return json.dumps(facts, sort_keys=True)

    def _node(self, endpoint: Endpoint) -> str:
        record = self._contents.records[endpoint]
        return json.dumps([record["node"], record["hostAddresses"]])

    def _is_selected_by(self, key: str) -> bool:
        known = self._labels.get(key)
        if known is None:
            known = self._labels[key] = self._contents.is_selected_by(key)
        return known


def _contested(contents: Contents, members: Iterable[MatrixMember]) -> frozenset[Address]:
    """The addresses that several pods claim, or a pod and whoever is asked about by address: a pair of
    such two may be a talk with itself, which a pair of others like them is not."""
    claims = Counter(
        address
        for record in contents.records.values()
        if not record["hostNetwork"]
        for address in record["addresses"]
    )
    contested = {ipaddress.ip_address(address) for address, count in claims.items() if count > 1}
    contested.update(
        address for member in members if member.endpoint is None for address in member.addresses
    )
    return frozenset(contested)

"""Verdicts on many pairs of members at once, each the one that `Engine.decide` gives.

Whoever owns its addresses is asked by number, which is fastest; whoever does not is asked by name. In
either way the engine decides: here is only which of its columns a pair goes into.
"""

from __future__ import annotations

import ipaddress
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .._errors import PortNameError
from .._netpol import Engine
from ._access import ALLOWED, DENIED, UNANSWERED, MatrixPort
from ._alikes import Alikes
from ._groups import MatrixMember
from ._service_column import ServiceColumn

Bits: TypeAlias = npt.NDArray[np.uint8]
Numbers: TypeAlias = npt.NDArray[np.intp]
_Flags: TypeAlias = npt.NDArray[np.bool_]

# Pairs that are judged in one call: a few MB of columns.
_AT_ONCE = 1 << 20


class Judge:
    """Asks an engine about one port."""

    def __init__(self, engine: Engine, alikes: Alikes, port: MatrixPort) -> None:
        self._engine = engine
        self._alikes = alikes
        self._members = members = alikes.members
        self._port = port
        self._services: dict[int, ServiceColumn] = {}
        count = len(members)
        self._plain = np.array(alikes.is_plain, np.bool_)
        self._ipv4 = np.zeros(count, np.uint32)
        self._ipv6 = np.zeros((count, 16), np.uint8)
        self._has_ipv4 = np.zeros(count, np.bool_)
        self._has_ipv6 = np.zeros(count, np.bool_)
        self._ipv4_first = np.zeros(count, np.bool_)
        self._names = np.empty((3, count), object)
        self._ports = np.full(count, -1, np.int32)
        self._ports_known = np.zeros(count, np.bool_)
        for number, member in enumerate(members):
            self._read(number, member)

    def _read(self, number: int, member: MatrixMember) -> None:
        for address in member.addresses:
            if isinstance(address, ipaddress.IPv4Address):
                self._ipv4[number], self._has_ipv4[number] = int(address), True
            else:
                self._ipv6[number] = np.frombuffer(address.packed, np.uint8)
                self._has_ipv6[number] = True
        if member.addresses:
            self._ipv4_first[number] = member.addresses[0].version == 4
        # What it is called where the ends meet in IPv4, in IPv6, and in neither.
        own = member.endpoint
        if own is not None:
            self._names[:, number] = f"{own.kind.lower()}/{own.namespace}/{own.name}"
            return
        by_family = {address.version: str(address) for address in member.addresses}
        default = str(member.addresses[0]) if member.addresses else ""
        self._names[:, number] = by_family.get(4, default), by_family.get(6, default), default

    def outer(self, sources: Numbers, destinations: Numbers) -> Bits:
        """The bits of each source with each destination."""
        found = np.empty((len(sources), len(destinations)), np.uint8)
        step = max(1, _AT_ONCE // max(1, len(destinations)))
        for start in range(0, len(sources), step):
            rows = sources[start : start + step]
            flat = self.pairs(np.repeat(rows, len(destinations)), np.tile(destinations, len(rows)))
            found[start : start + step] = flat.reshape(len(rows), len(destinations))
        return found

    def pairs(self, sources: Numbers, destinations: Numbers) -> Bits:
        """The bits of each source with the destination in its place."""
        found = np.full(len(sources), UNANSWERED, np.uint8)
        ports = self._ports_of(destinations)
        in_ipv4, in_ipv6 = self._families(sources, destinations)
        by_number = self._plain[sources] & self._plain[destinations]
        open_ = ports >= 0
        chosen = by_number & in_ipv4 & open_
        self._decide(found, chosen, self._ipv4[sources[chosen]], self._ipv4[destinations[chosen]], ports)
        chosen = by_number & in_ipv6 & open_
        self._decide(found, chosen, self._ipv6[sources[chosen]], self._ipv6[destinations[chosen]], ports)
        chosen = ~by_number & open_
        family = np.where(in_ipv4, 0, np.where(in_ipv6, 1, 2))[chosen]
        names, others = (self._names[family, ends[chosen]].tolist() for ends in (sources, destinations))
        self._decide(found, chosen, names, others, ports)
        return found

    def _decide(self, found: Bits, chosen: _Flags, source: Any, destination: Any, ports: Any) -> None:
        if not chosen.any():
            return
        columns = {"source": source, "destination": destination, "port": ports[chosen]}
        columns["protocol"] = self._port.protocol
        verdicts = np.ma.asanyarray(self._engine.decide_batch(columns, invalid="mask"))
        bits = np.where(verdicts.data, ALLOWED, DENIED).astype(np.uint8)
        bits[np.ma.getmaskarray(verdicts)] = UNANSWERED
        found[chosen] = bits

    def service(self, number: int) -> ServiceColumn:
        """The column of a Service."""
        if number not in self._services:
            self._services[number] = ServiceColumn(self._engine, self._alikes, self._port, number)
        return self._services[number]

    def _families(self, sources: Numbers, destinations: Numbers) -> tuple[_Flags, _Flags]:
        """Which pairs meet in IPv4, and which in IPv6: the first family of the source that both have."""
        both_ipv4 = self._has_ipv4[sources] & self._has_ipv4[destinations]
        both_ipv6 = self._has_ipv6[sources] & self._has_ipv6[destinations]
        in_ipv4: _Flags = both_ipv4 & (self._ipv4_first[sources] | ~both_ipv6)
        in_ipv6: _Flags = both_ipv6 & ~in_ipv4
        return in_ipv4, in_ipv6

    def _ports_of(self, destinations: Numbers) -> npt.NDArray[np.int32]:
        """The number of the port on each destination, -1 where it has none of that name."""
        port = self._port.port
        if isinstance(port, int):
            return np.full(len(destinations), port, np.int32)
        for number in np.unique(destinations[~self._ports_known[destinations]]):
            self._ports_known[number] = True
            endpoint = self._members[number].endpoint
            owner = endpoint or self._owner(self._members[number])
            if owner is not None:
                try:
                    found = self._engine.port_number(owner, port, protocol=self._port.protocol)
                except PortNameError:
                    continue
                self._ports[number] = found
        return self._ports[destinations]

    def _owner(self, member: MatrixMember) -> Any:
        """The pod that an address is of, whose named ports are the address's."""
        owners = {self._engine.owner(address) for address in member.addresses}
        return owners.pop() if len(owners) == 1 else None

"""A Service as a column of a matrix: what is sent to it goes to its backends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from .._answers import Address, ServiceExplanation
from .._errors import QuestionError
from .._names import Endpoint
from .._netpol import Engine
from .._types import EndpointLike
from ._access import ALLOWED, DENIED, UNANSWERED, MatrixPort
from ._alikes import Alikes
from ._cell import explain
from ._groups import asked

_BITS = {"allow": ALLOWED, "deny": DENIED, "mixed": ALLOWED | DENIED}


@dataclass(frozen=True, slots=True)
class Sources:
    """The members of a row."""

    members: frozenset[int]
    kinds: tuple[Mapping[int, Sequence[int]], Mapping[int, Sequence[int]]]
    """The same by what they are alike in, and where nodes are told apart."""

    @classmethod
    def of(cls, alikes: Alikes, group: Sequence[int]) -> Self:
        """Those of a group."""
        usual, by_node = (
            by_kind({number: alikes.kind(number, told) for number in group}, group)
            for told in (False, True)
        )
        return cls(frozenset(group), (usual, by_node))


def by_kind(
    kinds: Sequence[int] | Mapping[int, int], group: Sequence[int]
) -> dict[int, list[int]]:
    """The members of a group, those of a kind together."""
    found: dict[int, list[int]] = defaultdict(list)
    for member in group:
        found[kinds[member]].append(member)
    return found


class ServiceColumn:
    """A Service on one port.

    Sources that are alike have the same families, so that they are led to the same backends, and fare alike
    there. But a backend may be to itself what it is to nobody else (`Options.service_hairpin`): who is one is
    asked alone.
    """

    def __init__(self, engine: Engine, alikes: Alikes, port: MatrixPort, service: int) -> None:
        self._engine = engine
        self._alikes = alikes
        self._port = port
        self._service = service
        self._known: dict[int, int] = {}
        backends: set[Endpoint | Address] = set()
        for source in alikes.by_families.values():
            end, name = self._ends(source)
            try:
                found = engine.backends(end, name, port=port.port, protocol=port.protocol)
            except QuestionError:
                continue
            backends |= {own for one in found if (own := one.endpoint or one.address)}
        self._by_node = any(map(alikes.is_told_apart_by_node, backends))
        self._receivers = alikes.endpoints(own for own in backends if isinstance(own, Endpoint))

    def alike(self, sources: Sources) -> Iterator[tuple[int, int]]:
        """Sources that each stand for some, and for how many."""
        receivers = self._receivers & sources.members
        for members in sources.kinds[self._by_node].values():
            if receivers:
                members = [member for member in members if member not in receivers]
            if members:
                yield members[0], len(members)
        for receiver in sorted(receivers):
            yield receiver, 1

    def bits(self, sources: Sources) -> int:
        """What sources have with the backends, put together."""
        found = 0
        for source, _ in self.alike(sources):
            # Who is asked alone has a number that no kind has.
            is_alone = source in self._receivers
            kind = -1 - source if is_alone else self._alikes.kind(source, self._by_node)
            if kind not in self._known:
                self._known[kind] = self._decide(source)
            found |= self._known[kind]
        return found

    def _decide(self, source: int) -> int:
        end, name = self._ends(source)
        port = self._port
        try:
            verdict = self._engine.decide_service(end, name, port=port.port, protocol=port.protocol)
        except QuestionError:
            return UNANSWERED
        return _BITS[verdict]

    def backends(self, source: int) -> dict[str, int]:
        """The bits of a source with each backend, by the backend's name; with nobody where there is no
        answer."""
        members = self._alikes.members
        found = explain(self._engine, members[source], members[self._service], self._port)
        if isinstance(found, str):
            return {"": UNANSWERED}
        assert isinstance(found, ServiceExplanation)
        return {
            f"{one.destination.endpoint or one.destination.address} {one.port}": _BITS[one.verdict]
            for one in found.backends
        }

    def _ends(self, source: int) -> tuple[EndpointLike, str]:
        members = self._alikes.members
        end, service = asked(members[source], members[self._service])
        assert isinstance(service, str)
        return end, service

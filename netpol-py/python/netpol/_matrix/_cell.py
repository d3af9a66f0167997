"""One cell of a matrix, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import _services
from .._answers import Explanation, ServiceExplanation
from .._errors import QuestionError
from .._netpol import Engine
from ._access import Access, MatrixPort
from ._groups import MatrixGroup, MatrixMember, asked


@dataclass(frozen=True, slots=True)
class MatrixCellPort:
    """What a cell says of one port."""

    port: MatrixPort
    """The port."""
    access: Access
    """Whether its connections may be opened."""
    allowed: int
    """How many pairs of endpoints may open it."""
    denied: int
    """How many may not."""
    unanswered: int
    """For how many the question has no answer."""
    explanations: tuple[Explanation | ServiceExplanation, ...]
    """Of one pair that may, and of one that may not, where there are such. Who sends to a Service is a
    pair with each of its backends, which are explained together."""
    reason: str | None
    """Why the question has no answer for a pair, where there is such a one."""

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        pairs = self.allowed + self.denied + self.unanswered
        if pairs > 1:
            counts = (
                (self.allowed, "allowed"),
                (self.denied, "denied"),
                (self.unanswered, "without an answer"),
            )
            told = ", ".join(f"{count} {word}" for count, word in counts if count)
            yield f"{self.port}: {pairs} pairs, {told}; for example:"
        yield from map(str, self.explanations)
        if self.reason is not None:
            yield f"no answer: {self.reason}"


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One cell of a `Matrix`. ``str()`` explains it."""

    source: MatrixGroup
    """Who sends."""
    destination: MatrixGroup
    """Who receives."""
    access: Access
    """What all ports are together."""
    ports: tuple[MatrixCellPort, ...]
    """Each port, in the order of the matrix."""

    @property
    def reason(self) -> str | None:
        """Why a question has no answer, the first of several; ``None`` when all have."""
        return next((port.reason for port in self.ports if port.reason is not None), None)

    def __str__(self) -> str:
        head = f"{self.source} -> {self.destination}: {self.access}"
        return "\n".join([head, *map(str, self.ports)])


def explain(
    engine: Engine, source: MatrixMember, destination: MatrixMember, port: MatrixPort
) -> Explanation | ServiceExplanation | str:
    """The explanation of one pair, or why it has none."""
    ends = asked(source, destination)
    try:
        return _services.explain(engine, *ends, port=port.port, protocol=port.protocol)
    except QuestionError as error:
        return str(error)

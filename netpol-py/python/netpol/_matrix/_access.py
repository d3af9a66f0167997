"""What a cell of a matrix says, and the ports that it is about."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from .._types import PortLike, ProtocolLike


class Access(enum.StrEnum):
    """Whether the connections of a cell may be opened: those of every port, between every pair of
    endpoints that the row and the column stand for.

    Compares with its text too: ``Access.ALL == "all"``.
    """

    NONE = "none"
    """None of them."""
    ALL = "all"
    """All of them."""
    SOME = "some"
    """They differ: `Matrix.cell` tells how many, and which ports."""
    UNANSWERED = "unanswered"
    """The question has no answer: the destination has no port of that name, or the two ends have no
    address family in common. `MatrixCell.reason` tells."""


CODES: tuple[Access, ...] = (Access.NONE, Access.ALL, Access.SOME, Access.UNANSWERED)
"""What the numbers in `Matrix.access` mean: the members of `Access` in their order."""

ALLOWED, DENIED, UNANSWERED = 1, 2, 4
"""What a pair of ends is, as bits, so that those of several pairs can be put together."""

_PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132}


@dataclass(frozen=True, slots=True)
class MatrixPort:
    """A port that a matrix is about. Printed ``TCP 5432`` or ``TCP postgres``."""

    port: int | str
    """Its number, or the name that each destination has for it."""
    protocol: str
    """``TCP``, ``UDP`` or ``SCTP``."""

    def __str__(self) -> str:
        return f"{self.protocol} {self.port}"


def read_ports(
    port: PortLike | Iterable[PortLike], protocol: ProtocolLike | None
) -> tuple[MatrixPort, ...]:
    """The ports of a question, each once, in the order given: ``5432``, ``"postgres"``, ``"53/UDP"``."""
    if isinstance(port, (str, int)):
        port = [port]
    given = _read_protocol("TCP" if protocol is None else protocol)
    found: dict[MatrixPort, None] = {}
    for one in port:
        own = given
        if isinstance(one, str) and "/" in one:
            one, _, text = one.partition("/")
            own = _read_protocol(text)
        if isinstance(one, str) and one.isdecimal() and one.isascii():
            one = int(one)
        if isinstance(one, bool) or not isinstance(one, (int, str)):
            raise TypeError(f"port must be a number or a name, not {type(one).__name__}")
        if isinstance(one, int) and not 0 <= one <= 65535:
            raise ValueError(f"port {one} is not in 0 to 65535")
        if one == "":
            raise ValueError("port must not be empty")
        found[MatrixPort(one, own)] = None
    if not found:
        raise ValueError("a matrix needs at least one port")
    return tuple(found)


def _read_protocol(protocol: ProtocolLike) -> str:
    for name, number in _PROTOCOLS.items():
        if protocol == number or isinstance(protocol, str) and protocol.upper() == name:
            return name
    raise ValueError(f"a matrix is about TCP, UDP or SCTP, which have ports, not {protocol!r}")

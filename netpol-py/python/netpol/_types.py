"""What questions and writers take, for type checkers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, TypeAlias

from ._answers import Address
from ._names import Endpoint, ObjectName
from ._verdicts import Admission, Direction

EndpointLike: TypeAlias = str | Endpoint | Address
"""One end of a question: ``"namespace/name"``, ``"kind/namespace/name"``, an `Endpoint`, an address
as text or as an object of `ipaddress`."""

ServiceLike: TypeAlias = str | ObjectName
"""A Service: ``"svc/namespace/name"``, ``"namespace/name"``, or an `ObjectName`."""

AddressLike: TypeAlias = str | Address
"""An address as text or as an object of `ipaddress`."""

PortLike: TypeAlias = int | str
"""A port by its number, or by the name that the destination's container ports have."""

ProtocolLike: TypeAlias = str | int
"""``"TCP"``, ``"UDP"``, ``"SCTP"``, ``"ICMP"``, ``"ICMPv6"`` in any case, or an IP protocol number."""

DirectionLike: TypeAlias = Direction | Literal["ingress", "egress"]
AdmissionLike: TypeAlias = Admission | Literal["create", "stored"]
PathLike: TypeAlias = str | os.PathLike[str]


class Readable(Protocol):
    """An open file, such as ``sys.stdin``."""

    def read(self) -> str | bytes: ...


class ArrowStream(Protocol):
    """A table of any library that speaks Arrow's PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class ArrowArray(Protocol):
    """A record batch of any library that speaks Arrow's PyCapsule interface."""

    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...


Source: TypeAlias = str | bytes | Readable | Mapping[str, Any] | Iterable[Any] | Any
"""Objects of a cluster: YAML or JSON as text or bytes, an open file, a dictionary (one object, or a
list as ``kubectl get -o json`` prints it), an object of the ``kubernetes`` client, or an iterable of
those. Never a path."""

Flows: TypeAlias = ArrowStream | ArrowArray | Mapping[str, Any]
"""A table of flows: an Arrow table, or a mapping from column names to columns (NumPy arrays, Arrow
arrays, or one value that all rows have)."""

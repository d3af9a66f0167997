"""Questions whose destination may be a Service, as people ask them: the command, files of expectations,
`netpol.testing` and the matrix.

`Engine` keeps the two apart, because their answers are of two types. Here `svc/namespace/name`, or the
`ObjectName` of a Service, is a destination like any other.
"""

from __future__ import annotations

import difflib
import fnmatch
import ipaddress
from collections.abc import Iterator
from typing import Any, TypeAlias

from ._answers import Backend, Explanation, ServiceExplanation
from ._errors import NoCommonFamilyError, ServiceError, ServiceNameError
from ._names import ObjectName
from ._netpol import Engine
from ._types import EndpointLike, PortLike, ProtocolLike
from ._verdicts import Direction, ServiceVerdict, Verdict

DestinationLike: TypeAlias = EndpointLike | ObjectName
"""The destination of a question: an end, ``"svc/namespace/name"``, or the `ObjectName` of a Service."""

AnyVerdict: TypeAlias = Verdict | ServiceVerdict
AnyExplanation: TypeAlias = Explanation | ServiceExplanation


def is_service(end: object) -> bool:
    """Whether an end is a Service: ``svc/namespace/name`` or ``service/namespace/name`` in any case, or
    an `ObjectName` of kind Service."""
    if isinstance(end, ObjectName):
        return end.kind == "Service"
    if not isinstance(end, str) or end.count("/") != 2:
        return False
    return end.split("/", 1)[0].lower() in ("svc", "service")


def called(end: object) -> str:
    """What reports call an end."""
    if isinstance(end, ObjectName):
        return f"svc/{end.namespace}/{end.name}"
    return str(end)


def decide(
    engine: Engine,
    source: EndpointLike,
    destination: DestinationLike,
    *,
    direction: Direction | str | None = None,
    **question: Any,
) -> AnyVerdict:
    """What `Engine.decide` answers, or `Engine.decide_service` of a Service; `question` are the other
    keywords of `Engine.decide`.

    Raises what they raise, and `ValueError` for what cannot be asked of a Service.
    """
    _refuse_service(source)
    if is_service(destination):
        asked = _question(direction, **question)
        return engine.decide_service(source, _service(destination), **asked)
    end: Any = destination
    given: Any = direction
    return engine.decide(source, end, direction=given, **question)


def explain(
    engine: Engine,
    source: EndpointLike,
    destination: DestinationLike,
    *,
    direction: Direction | str | None = None,
    **question: Any,
) -> AnyExplanation:
    """What `Engine.explain` answers, or `Engine.explain_service` of a Service, as `decide` in everything
    else. An explanation has both directions, also where `direction` asks for one."""
    _refuse_service(source)
    if is_service(destination):
        asked = _question(direction, **question)
        return engine.explain_service(source, _service(destination), **asked)
    end: Any = destination
    return engine.explain(source, end, **question)


def _refuse_service(source: object) -> None:
    if is_service(source):
        raise ServiceNameError(
            f"`{called(source)}` is a Service, which opens no connections: name its pods as the source"
        )


def _service(end: Any) -> str | ObjectName:
    service: str | ObjectName = end
    return service


def _question(
    direction: object = None,
    *,
    port: PortLike | None = None,
    protocol: ProtocolLike | None = None,
    icmp: tuple[int, int] | None = None,
    fragment: bool = False,
    via_service: bool = False,
) -> dict[str, Any]:
    """What `Engine.decide_service` takes; that a Service leads the packet there goes without saying."""
    if icmp is not None or str(protocol).upper() in ("ICMP", "ICMPV6", "1", "58"):
        raise ValueError(
            "a Service sends on what comes to its ports, and ICMP has none; ask about its backends"
        )
    if fragment:
        raise ValueError(
            "a Service sends on what comes to its ports, and a fragment carries none; ask about its "
            "backends"
        )
    if direction is not None:
        raise ValueError(
            "a question about a Service is about both directions; ask about its backends for one alone"
        )
    if port is None:
        raise ValueError("a question about a Service needs a port of the Service")
    return {"port": port, "protocol": protocol}


def backends(
    engine: Engine, service: str, *, port: PortLike, protocol: ProtocolLike | None = None
) -> tuple[Backend, ...]:
    """Everybody who may get what is sent to a port of a Service, in whichever family.

    Raises what `Engine.backends` raises for a Service that has none.
    """
    found: dict[Backend, None] = {}
    failed: list[ServiceError | NoCommonFamilyError] = []
    # Nobody is at these addresses, so that they stand for nothing but their family.
    for source in (ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("2001:db8::1")):
        try:
            found |= dict.fromkeys(engine.backends(source, service, port=port, protocol=protocol))
        except (ServiceError, NoCommonFamilyError) as error:
            failed.append(error)
    if not found:
        raise failed[0]
    return tuple(found)


def matching(engine: Engine, pattern: str) -> list[ObjectName]:
    """The Services that a name or a pattern such as ``svc/shop/*`` means.

    Raises `ServiceError` when there is none.
    """
    wanted = pattern.split("/", 1)[1]
    names = {f"{service.namespace}/{service.name}": service for service in engine.services()}
    found = [service for name, service in names.items() if fnmatch.fnmatchcase(name, wanted)]
    if found:
        return found
    if any(sign in wanted for sign in "*?["):
        raise ServiceError(f"the pattern `{pattern}` matches no Service", "unknown")
    similar = tuple(difflib.get_close_matches(wanted, names))
    hint = f"; did you mean {' or '.join(f'`{name}`' for name in similar)}?" if similar else ""
    raise ServiceError(f"no Service `{wanted}`{hint}", "unknown", similar)


def per_backend(explanation: AnyExplanation) -> Iterator[tuple[str, Explanation]]:
    """The explanations that an answer is made of: one of an endpoint, which needs no name, or one of each
    backend, with the name and port of the backend."""
    if isinstance(explanation, Explanation):
        yield "", explanation
        return
    for one in explanation.backends:
        yield f"{one.destination} port {one.port}", one

"""Assertions about engines, for any test framework.

>>> from netpol.testing import assert_allowed, assert_denied
>>> engine = netpol.load("netpol-core/examples/shop")
>>> assert_allowed(engine, "shop/api", "shop/db", port="postgres")
>>> assert_denied(engine, "shop/web", "shop/db", port="postgres")

With pytest, the fixture ``netpol_engine`` is the engine of the manifests that the option
``netpol_manifests`` names, or the mark ``@pytest.mark.netpol_manifests("k8s/")``.
"""

from __future__ import annotations

from typing import Any

from . import _services
from ._netpol import Engine
from ._services import DestinationLike
from ._types import DirectionLike, EndpointLike, PortLike, ProtocolLike
from ._verdicts import Direction, Verdict

__all__ = ["assert_allowed", "assert_denied"]


def assert_allowed(
    engine: Engine,
    source: EndpointLike,
    destination: DestinationLike,
    *,
    port: PortLike | None = None,
    protocol: ProtocolLike | None = None,
    icmp: tuple[int, int] | None = None,
    fragment: bool = False,
    via_service: bool = False,
    direction: DirectionLike | None = None,
) -> None:
    """Asserts that `source` may open this connection to `destination`. The question is that of
    `Engine.decide`; or that of `Engine.decide_service`, when `destination` is ``"svc/namespace/name"`` or
    the `ObjectName` of a Service, each backend of which is to be reached.

    Raises `AssertionError` with the explanation when it may not, and `QuestionError` when the
    question has no answer.

    >>> engine = netpol.load("netpol-core/examples/shop")
    >>> assert_allowed(engine, "shop/web", "shop/db", port="postgres")
    Traceback (most recent call last):
    ...
    AssertionError: shop/web -> shop/db:postgres is denied, and was expected to be allowed
      deny
      TCP shop/web -> shop/db port 5432
      egress from shop/web: allow, not isolated
      ingress to shop/db: deny, isolated by NetworkPolicy shop/db, NetworkPolicy shop/default-deny, and no rule matches
        nearest: NetworkPolicy shop/db spec.ingress[0] (from[0]): the pod's labels do not match `app=api`
    """
    __tracebackhide__ = True
    question = {
        "port": port,
        "protocol": protocol if protocol is not None else "TCP",
        "icmp": icmp,
        "fragment": fragment,
        "via_service": via_service,
    }
    _assert(Verdict.ALLOW, engine, source, destination, direction, question)


def assert_denied(
    engine: Engine,
    source: EndpointLike,
    destination: DestinationLike,
    *,
    port: PortLike | None = None,
    protocol: ProtocolLike | None = None,
    icmp: tuple[int, int] | None = None,
    fragment: bool = False,
    via_service: bool = False,
    direction: DirectionLike | None = None,
) -> None:
    """Asserts that `source` may not open this connection to `destination`; of a Service, to none of its
    backends.

    As `assert_allowed` in everything else.
    """
    __tracebackhide__ = True
    question = {
        "port": port,
        "protocol": protocol if protocol is not None else "TCP",
        "icmp": icmp,
        "fragment": fragment,
        "via_service": via_service,
    }
    _assert(Verdict.DENY, engine, source, destination, direction, question)


def _assert(
    expect: Verdict,
    engine: Engine,
    source: EndpointLike,
    destination: DestinationLike,
    direction: DirectionLike | None,
    question: dict[str, Any],
) -> None:
    __tracebackhide__ = True
    if not isinstance(engine, Engine):
        raise TypeError(f"engine must be a netpol.Engine, not {type(engine).__name__}")
    if _services.decide(engine, source, destination, direction=direction, **question) == expect:
        return
    from .expectations import Expectation
    from .expectations._judging import failed

    expectation = Expectation(
        source=str(source),
        destination=_services.called(destination),
        direction=Direction(direction) if direction is not None else None,
        expect=expect,
        **question,
    )
    explanation = _services.explain(engine, source, destination, **question)
    raise AssertionError(failed(expectation, explanation).account())

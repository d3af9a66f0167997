"""The arguments of `decide` and `explain` that say what is asked, and the answer to it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .. import _services
from .._answers import ServiceExplanation
from .._errors import NetpolError
from .._netpol import Engine
from .._one_side import explained
from .._verdicts import Direction, ServiceVerdict
from .completion import offer, offer_nothing
from .loading import Loading, add_end_argument
from .terminal import CommandError

_Answered = TypeVar("_Answered")


def add_question_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds ``--from``, ``--to``, ``--port`` and what else a question is made of."""
    group = parser.add_argument_group("the question")
    add_end_argument(
        group,
        "--from",
        dest="source",
        metavar="END",
        help="who connects: namespace/name, kind/namespace/name, or an IP address",
    )
    add_end_argument(
        group,
        "--to",
        dest="destination",
        metavar="END",
        help="to whom; svc/namespace/name is a Service, and means each of its backends",
        services=True,
    )
    port = group.add_argument(
        "-p",
        "--port",
        help="a number, or the name of a port of the destination or Service; not for ICMP",
    )
    offer_nothing(port)
    protocol = group.add_argument(
        "--protocol", help="TCP (the default), UDP, SCTP, ICMP, ICMPv6 or a protocol number"
    )
    offer(protocol, lambda _arguments: ("TCP", "UDP", "SCTP", "ICMP", "ICMPv6"))
    icmp = group.add_argument(
        "--icmp", metavar="TYPE[/CODE]", help="which message of ICMP (default: an echo request)"
    )
    offer_nothing(icmp)
    group.add_argument(
        "--fragment", action="store_true", help="a fragment that carries no ports"
    )
    group.add_argument(
        "--via-service", action="store_true", help="a Service led the packet to the destination"
    )
    group.add_argument(
        "--direction",
        choices=("ingress", "egress"),
        help="ask only whether it may enter the destination, or leave the source",
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    source: Any
    """Who connects."""
    destination: Any
    """To whom."""
    more: dict[str, Any] = field(default_factory=dict)
    """The other keywords of `Engine.explain`."""
    direction: Direction | None = None
    """One side alone."""

    @classmethod
    def of(cls, arguments: argparse.Namespace, loading: Loading) -> Question:
        """What the arguments ask. Raises `CommandError`."""
        for name in ("source", "destination"):
            if getattr(arguments, name) is None:
                raise CommandError(f"{'--from' if name == 'source' else '--to'} is missing")
        icmp = arguments.icmp and _icmp(arguments.icmp)
        protocol: str | int = arguments.protocol or ("ICMP" if icmp else "TCP")
        if isinstance(protocol, str) and protocol.isascii() and protocol.isdigit():
            protocol = int(protocol)
        has_ports = str(protocol).upper() in {"TCP", "UDP", "SCTP", "6", "17", "132"}
        if has_ports and arguments.port is None and not arguments.fragment:
            raise CommandError("--port is missing")
        more = {
            "port": arguments.port,
            "protocol": protocol,
            "icmp": icmp,
            "fragment": arguments.fragment,
            "via_service": arguments.via_service,
        }
        direction = Direction(arguments.direction) if arguments.direction else None
        ends = loading.full_name(arguments.source), loading.full_name(arguments.destination)
        return cls(*ends, more, direction)

    def explain(self, engine: Engine) -> Answer:
        """The verdict and everything it rests on. Raises `CommandError` when there is no answer."""
        return Answer(self._ask(_services.explain, engine), self.direction)

    def decide(self, engine: Engine) -> str:
        """The verdict alone. Raises `CommandError` when there is no answer."""
        return str(self._ask(_services.decide, engine))

    def _ask(self, question: Callable[..., _Answered], engine: Engine) -> _Answered:
        ends = self.source, self.destination
        try:
            return question(engine, *ends, direction=self.direction, **self.more)
        except (NetpolError, TypeError, ValueError, OverflowError) as failed:
            raise CommandError(str(failed)) from None


@dataclass(frozen=True, slots=True)
class Answer:
    """An explanation, for both sides or for one."""

    explanation: _services.AnyExplanation
    """Everything."""
    side: Direction | None = None
    """The side that was asked about."""

    @property
    def verdict(self) -> str:
        """The verdict in a word."""
        if self.side is None or isinstance(self.explanation, ServiceExplanation):
            return str(self.explanation.verdict)
        return str(self.explanation.direction(self.side).verdict)

    def remarks(self) -> Iterator[str]:
        """What is said with the verdict alone: which backends may be reached and which not, where they
        differ, and what else is to be known."""
        if self.explanation.verdict == ServiceVerdict.MIXED:
            for backend, own in _services.per_backend(self.explanation):
                yield f"{own.verdict}: {backend}"
        for note in self.explanation.notes:
            yield f"note: {note}"

    def text(self) -> str:
        """The verdict and what it rests on, for people."""
        return explained(self.explanation, self.side)

    @property
    def code(self) -> int:
        """What a question exits with."""
        return exit_code(self.verdict)


def exit_code(verdict: str) -> int:
    """What a question exits with: 0 for allow, 1 for everything else that is an answer."""
    return 0 if verdict == "allow" else 1


def _icmp(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,3})(?:/([0-9]{1,3}))?", text)
    if not found or int(found[1]) > 255 or int(found[2] or 0) > 255:
        raise CommandError(f"`{text}` is no message of ICMP: TYPE or TYPE/CODE, each 0 to 255")
    return int(found[1]), int(found[2] or 0)

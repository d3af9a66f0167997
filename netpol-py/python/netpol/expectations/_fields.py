"""What each field of an expectation holds. Every reader returns `None` where it told a fault."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import yaml

from .._answers import Address, Network
from .._options import Options
from .._verdicts import Direction, Reason, Verdict
from ._nodes import Source, child, is_text

PORTLESS = ("ICMP", "ICMPv6", 1, 58)
WITH_PORTS = ("TCP", "UDP", "SCTP", 6, 17, 132)
PROTOCOLS = ("TCP", "UDP", "SCTP", "ICMP", "ICMPv6")


def ends(source: Source, node: yaml.Node, path: str, namespace: str) -> tuple[str, ...]:
    """Endpoints with their namespaces, patterns, addresses and ranges of addresses."""

    def end(item: yaml.Node, own: str) -> str | None:
        text = source.text_of(item, own)
        if text is None:
            return None
        is_address = "." in text or ":" in text
        for read in (ipaddress.ip_address, ipaddress.ip_network) if is_address else ():
            try:
                return str(read(text))
            except ValueError as failed:
                if "has host bits set" in str(failed):
                    source.fault(item, own, "Invalid", "has bits set behind its prefix")
                    return None
        parts = text.split("/")
        if len(parts) > 3 or not all(parts) or any(symbol.isspace() for symbol in text):
            detail = "must be namespace/name, kind/namespace/name, an IP address or a range of them"
            source.fault(item, own, "Invalid", detail)
            return None
        return text if len(parts) > 1 else f"{namespace}/{text}"

    return source.each(node, path, end)


def ports(source: Source, node: yaml.Node, path: str) -> tuple[int | str, ...]:
    """Ports by number or name."""

    def port(item: yaml.Node, own: str) -> int | str | None:
        read = source.text_of if is_text(item) else _integer(source, 65535)
        return read(item, own)

    return source.each(node, path, port)


def protocols(source: Source, node: yaml.Node, path: str) -> tuple[str | int, ...]:
    """Protocols by name or number."""

    def protocol(item: yaml.Node, own: str) -> str | int | None:
        if is_text(item):
            return source.word(item, own, PROTOCOLS)
        return source.integer(item, own, 255)

    return source.each(node, path, protocol)


def icmp(source: Source, node: yaml.Node, path: str) -> tuple[int, int] | None:
    """A type, or type and code."""
    if isinstance(node, yaml.ScalarNode):
        kind = source.integer(node, path, 255)
        return None if kind is None else (kind, 0)
    parts = source.fields(node, path, ("type", "code"))
    if "type" not in parts and isinstance(node, yaml.MappingNode):
        source.fault(node, child(path, "type"), "Required", "")
    read = {name: source.integer(value, child(path, name), 255) for name, value in parts.items()}
    return read.get("type") or 0, read.get("code") or 0


def direction(source: Source, node: yaml.Node, path: str) -> Direction | None:
    """One side alone."""
    word = source.word(node, path, [str(one) for one in Direction])
    return Direction(word) if word else None


def verdict(source: Source, node: yaml.Node, path: str) -> Verdict | None:
    """The verdict that is expected."""
    word = source.word(node, path, [str(Verdict.ALLOW), str(Verdict.DENY)])
    return Verdict(word) if word else None


def reason(source: Source, node: yaml.Node, path: str) -> Reason | None:
    """The reason that is expected."""
    word = source.word(node, path, [str(one) for one in Reason])
    return Reason(word) if word else None


def options(source: Source, node: yaml.Node, path: str) -> Options:
    """The options of the cluster."""
    chosen: dict[str, Any] = {}
    for name, value in source.fields(node, path, Options().to_dict()).items():
        own = child(path, name)
        read = source.text_of if is_text(value) else source.boolean
        given = read(value, own)
        if given is None:
            continue
        try:
            Options.from_dict({name: given})
        except (TypeError, ValueError) as refused:
            source.fault(value, own, "Invalid", str(refused).removeprefix(f"{name}: "))
        else:
            chosen[name] = given
    return Options.from_dict(chosen)


def resolutions(
    source: Source, node: yaml.Node, path: str
) -> tuple[tuple[str, tuple[Address, ...]], ...]:
    """What domain names resolve to."""

    def address(item: yaml.Node, own: str) -> Address | None:
        text = source.text_of(item, own)
        try:
            return ipaddress.ip_address(text) if text is not None else None
        except ValueError:
            source.fault(item, own, "Invalid", "must be an IP address")
            return None

    named = source.fields(node, path, ())
    return tuple(
        (name, source.each(value, child(path, name), address)) for name, value in named.items()
    )


def is_pattern(end: str) -> bool:
    """Whether an end stands for every endpoint that it matches."""
    return "*" in end or "?" in end


def range_of(end: str) -> Network | None:
    """The range of addresses that an end is, if it is one."""
    if "/" not in end:
        return None
    try:
        return ipaddress.ip_network(end)
    except ValueError:
        return None


def _integer(source: Source, most: int) -> Callable[[yaml.Node, str], Any]:
    return lambda node, path: source.integer(node, path, most)

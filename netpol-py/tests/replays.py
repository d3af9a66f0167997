"""Logs drawn at random, and what a change does to them, row by row: a reader of one row at a time that
shares nothing with the one of the package but the questions to the engine."""

from __future__ import annotations

import collections
import ipaddress
from typing import Any, Literal

import netpol
from hypothesis import strategies as st

ENDS = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "192.0.2.1", "192.0.2.129", "203.0.113.9", "fd00::1", "2001:db8::9"]
BAD_ENDS = ["10.0.0.300", "shop/nobody", None]
NAMES = ["shop/a", "shop/b"]

_text = st.sampled_from
_columns: dict[str, st.SearchStrategy[str | None]] = {
    "pkt-srcaddr": st.one_of(st.none(), _text([*ENDS, *NAMES])),
    "srcaddr": _text([*ENDS, *NAMES, *BAD_ENDS]),
    "dstaddr": _text([*ENDS, *NAMES, *BAD_ENDS]),
    "srcport": _text(["80", "443", "40000", "50000", None, "x"]),
    "dstport": _text(["22", "80", "443", "40000", "70000", None, "x"]),
    "protocol": _text(["6", "6", "tcp", "17", "UDP", "1", "47", "999", None]),
    "packets": _text(["1", "10", None, "many"]),
    "bytes": _text(["60", "1500"]),
    "start": _text(["1000", "2000", None, "noon"]),
    "end": _text(["1500", "2500", None]),
    "action": _text(["ACCEPT", "REJECT", None, "UNSURE"]),
    "tcp-flags": _text(["0", "2", "3", "18", "19", None]),
    "log-status": _text(["OK"] * 8 + ["NODATA", "SKIPDATA"]),
}
rows = st.fixed_dictionaries(_columns)
COLUMNS = list(_columns)

_PROTOCOLS = {"6": 6, "tcp": 6, "17": 17, "UDP": 17, "1": 1, "47": 47}
_CALLED = {6: "TCP", 17: "UDP", 1: "ICMP", 47: "protocol 47"}


class _Unread(Exception):
    """The row means no flow."""


def naive(
    log: list[dict[str, Any]],
    before: netpol.Engine,
    after: netpol.Engine,
    replies: Literal["skip", "turn", "keep"],
) -> dict[str, Any]:
    """Counts and groups, of which each is told as its key and its sums."""
    counts: dict[str, Any] = collections.Counter()
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    unread = []
    for number, row in enumerate(log):
        counts["rows"] += 1
        if row["log-status"] != "OK":
            counts["no_data" if row["log-status"] == "NODATA" else "gaps"] += 1
            continue
        try:
            flow = _flow(row, replies, before, after, counts)
            if flow is not None:
                _count(flow, number, before, after, counts, groups)
        except (_Unread, netpol.QuestionError):
            unread.append(number)
    return {"counts": counts, "groups": groups, "unread": unread}


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit():
        raise _Unread
    return int(text)


def _usable(text: str, engines: tuple[netpol.Engine, ...]) -> bool:
    if "/" not in text:
        try:
            return bool(ipaddress.ip_address(text))
        except ValueError:
            return False
    try:
        return all(engine.endpoint(text) for engine in engines)
    except netpol.QuestionError:
        return False


def _flow(
    row: dict[str, Any],
    replies: str,
    before: netpol.Engine,
    after: netpol.Engine,
    counts: dict[str, Any],
) -> dict[str, Any] | None:
    candidates = [end for end in (row["pkt-srcaddr"], row["srcaddr"]) if end is not None]
    source = next((end for end in candidates if _usable(end, (before, after))), None)
    source = source or (candidates[-1] if candidates else None)
    protocol = _PROTOCOLS.get(row["protocol"])
    if protocol is None:
        raise _Unread
    flow = {
        "source": source,
        "destination": row["dstaddr"],
        "protocol": protocol,
        "port": _number(row["dstport"]),
        "source_port": _number(row["srcport"]),
        "packets": _number(row["packets"]),
        "bytes": _number(row["bytes"]),
        "start": _number(row["start"]),
        "end": _number(row["end"]),
        "passed": {"ACCEPT": True, "REJECT": False}.get(row["action"]),
    }
    flags = _number(row["tcp-flags"])
    is_ported = protocol in (6, 17)
    if protocol == 6 and flags is not None and flags & 2:
        is_reply, guessed = bool(flags & 16), False
    else:
        ports = (flow["source_port"], flow["port"])
        is_reply = guessed = (
            is_ported and None not in ports and ports[0] < 32768 <= ports[1]
        )
    if is_reply and replies != "keep":
        if replies == "turn":
            if flow["source_port"] is None and is_ported:
                raise _Unread
            flow["source"], flow["destination"] = flow["destination"], flow["source"]
            flow["port"], flow["source_port"] = flow["source_port"], flow["port"]
        counts["replies"] += 1
        counts["guessed_replies"] += guessed
        if replies == "skip":
            return None
    if flow["source"] is None or flow["destination"] is None:
        raise _Unread
    if is_ported and (flow["port"] is None or flow["port"] > 65535):
        raise _Unread
    return flow


def _count(
    flow: dict[str, Any],
    number: int,
    before: netpol.Engine,
    after: netpol.Engine,
    counts: dict[str, Any],
    groups: dict[tuple[Any, ...], dict[str, Any]],
) -> None:
    port = flow["port"] if flow["protocol"] in (6, 17) else None
    decisions = [
        engine.attribute(flow["source"], flow["destination"], port=port, protocol=flow["protocol"])
        for engine in (before, after)
    ]
    counts["judged"] += 1
    was, will = (decision.verdict.is_allow for decision in decisions)
    counts["allowed_before"] += was
    counts["allowed_after"] += will
    effects = []
    if was != will:
        effects.append("blocked" if was else "opened")
    if flow["passed"] is not None and flow["passed"] != was:
        effects.append("passed" if flow["passed"] else "dropped")
    ends = [_called(flow[own], before, after) for own in ("source", "destination")]
    bases = [_basis(decision) for decision in decisions]
    for effect in effects:
        told = bases if effect in ("blocked", "opened") else [bases[0], None]
        key = (effect, *ends, _CALLED[flow["protocol"]], port, *told)
        group = groups.setdefault(key, {"flows": 0, "rows": []})
        group["flows"] += 1
        group["rows"].append(number)
        for name in ("packets", "bytes"):
            if flow[name] is not None:
                group[name] = group.get(name, 0) + flow[name]
        if flow["start"] is not None:
            group["first"] = min(group.get("first", flow["start"]), flow["start"])
        end = flow["end"] if flow["end"] is not None else flow["start"]
        if end is not None:
            group["last"] = max(group.get("last", end), end)
        if flow["passed"] is not None:
            for name, said in (("recorded_allow", True), ("recorded_deny", False)):
                group[name] = group.get(name, 0) + (flow["passed"] is said)


def _called(end: str, *engines: netpol.Engine) -> str:
    if "/" in end:
        return end
    for engine in engines:
        owner = engine.owner(end)
        if owner is not None:
            return str(owner)
    address = ipaddress.ip_address(end)
    return str(ipaddress.ip_network((end, 24 if address.version == 4 else 64), strict=False))


def _basis(decision: netpol.Decision) -> netpol.Basis:
    """The first direction on the way that denies; when both allow, the last in which a policy does."""
    egress, ingress = decision.egress, decision.ingress
    if not decision.verdict.is_allow:
        name, side = ("ingress", ingress) if egress.verdict.is_allow else ("egress", egress)
    elif ingress.policy is None and egress.policy is not None:
        name, side = "egress", egress
    else:
        name, side = "ingress", ingress
    policy = str(side.policy) if side.policy is not None else None
    return netpol.Basis(name, str(side.reason), policy, side.rule)

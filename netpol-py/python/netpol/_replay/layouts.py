"""What a flow log calls its columns, and what it leaves to be guessed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

ColumnNames: TypeAlias = str | tuple[str, ...] | None
"""The name of a column; several of them in order of preference; or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowColumns:
    """What a flow log calls its columns, for `replay`.

    A name may lead into a structure (``flow.IP.source``, ``workloads[0].name``), and one with braces
    is put together: ``{namespace}/{pod}``. Capital letters do not matter, and ``-`` is as good as
    ``_``. Of several names the first counts that has a value in the row; of several names of an end,
    the first that has an address in the row or an endpoint that both engines know.

    `preset` has those of well-known logs; `dataclasses.replace` changes one.

    >>> FlowColumns.preset("vpc").port
    'dstport'
    >>> FlowColumns(source="from", destination="to", port="dport").protocol is None
    True
    """

    source: ColumnNames
    """Who sent: addresses as text, as numbers (IPv4) or as 4 or 16 bytes, or names of endpoints."""
    destination: ColumnNames
    """Who received, in the same forms; after DNAT, since policies judge that."""
    port: ColumnNames = None
    """The destination port, a number."""
    source_port: ColumnNames = None
    """The source port: told of the example of each group, and needed to turn replies round."""
    protocol: ColumnNames = None
    """The IP protocol, by number or name; TCP when there is no such column, and where an object of JSON
    has none. A structure such as ``l4.UDP`` says it by being there."""
    icmp_type: ColumnNames = None
    """The type of an ICMP message; not known when there is no such column."""
    icmp_code: ColumnNames = None
    """Its code."""
    packets: ColumnNames = None
    """How many packets the record stands for; summed up."""
    bytes: ColumnNames = None
    """How many bytes; summed up."""
    start: ColumnNames = None
    """When the record begins: timestamps, text of ISO 8601 (UTC where it names no zone), or numbers in
    `time_unit` since 1970."""
    end: ColumnNames = None
    """When it ends; as `start` when there is no such column."""
    time_unit: Literal["s", "ms", "us", "ns"] = "s"
    """What times that are numbers count."""
    action: ColumnNames = None
    """What became of it: truth values (it passed), or words such as ``ACCEPT`` and ``REJECT``,
    ``allow`` and ``deny``, ``FORWARDED`` and ``DROPPED``. Other words say nothing."""
    reply: ColumnNames = None
    """Whether it is a reply, from the end that was asked to the one that asked: truth values."""
    tcp_flags: ColumnNames = None
    """The TCP flags of all packets of the record: with SYN and ACK it is a reply, with SYN alone a
    request; without SYN they say nothing."""
    client_ports: int | None = None
    """The lowest port that clients send from, to guess by: a record from a port below to a port from
    here on is taken for a reply where `reply` and `tcp_flags` say nothing. Not guessed when none."""
    status: ColumnNames = None
    """Whether the row is a flow at all: ``NODATA`` is none, and ``SKIPDATA`` says that there were some
    which are not in the log. Hubble's ``node_status`` and ``lost_events`` are as those."""
    lenient: bool = False
    """Whether a log may lack columns that are named here, other than `source` and `destination`."""

    @classmethod
    def preset(cls, name: str) -> FlowColumns:
        """The columns of a well-known log:

        ``netpol``
            ``source``, ``destination``, ``port`` and so on, as the fields here are called; the time is
            ``start`` or ``time``.
        ``vpc``
            AWS VPC flow logs, versions 2 to 5, as text or Parquet. The addresses of packets
            (``pkt-srcaddr``) go before those of interfaces, since pods have addresses of their own.
            Replies are found by ``tcp-flags``, or guessed with ports from 32768 on as clients'.
        ``gcp``
            Google Cloud VPC flow logs, as JSON lines or from BigQuery. Replies are guessed likewise.
        ``hubble``
            ``hubble observe -o jsonpb`` and Cilium's exporter. Pods go by name, else by the name of their
            workload, else by address.
        ``calico``
            Flow logs of Calico Enterprise and Cloud in JSON. Pods go by name, else by address. They hold
            no replies.

        Raises `ValueError` for another name.
        """
        try:
            return PRESETS[name]
        except KeyError:
            raise ValueError(
                f"no columns are known by the name `{name}`; there are {', '.join(PRESETS)}"
            ) from None


# Where Linux begins to choose ports for clients (net.ipv4.ip_local_port_range).
_EPHEMERAL = 32768


def _hubble() -> FlowColumns:
    def end(own: str) -> tuple[str, ...]:
        pod = f"{{{own}.namespace}}/{{{own}.pod_name}}"
        workload = f"{{{own}.workloads[0].kind}}/{{{own}.namespace}}/{{{own}.workloads[0].name}}"
        return pod, workload, f"IP.{own}"

    def either(*names: str) -> tuple[str, ...]:
        # Flows are inside of responses, but for the old form that has them bare.
        within = [name.replace("{", "{flow.") if "{" in name else f"flow.{name}" for name in names]
        return (*within, *names)

    ported = ("TCP", "UDP", "SCTP")
    return FlowColumns(
        source=either(*end("source")),
        destination=either(*end("destination")),
        port=either(*(f"l4.{name}.destination_port" for name in ported)),
        source_port=either(*(f"l4.{name}.source_port" for name in ported)),
        protocol=either(*(f"l4.{name}" for name in (*ported, "ICMPv4", "ICMPv6"))),
        icmp_type=either("l4.ICMPv4.type", "l4.ICMPv6.type"),
        icmp_code=either("l4.ICMPv4.code", "l4.ICMPv6.code"),
        start=either("time"),
        action=either("verdict"),
        reply=either("is_reply"),
        status=("lost_events", "node_status", "agent_event", "debug_event"),
        lenient=True,
    )


PRESETS: Mapping[str, FlowColumns] = {
    "netpol": FlowColumns(
        source="source",
        destination="destination",
        port="port",
        source_port="source_port",
        protocol="protocol",
        icmp_type="icmp_type",
        icmp_code="icmp_code",
        packets="packets",
        bytes="bytes",
        start=("start", "time"),
        end="end",
        action="action",
        reply="reply",
        tcp_flags="tcp_flags",
        lenient=True,
    ),
    "vpc": FlowColumns(
        source=("pkt_srcaddr", "srcaddr"),
        destination=("pkt_dstaddr", "dstaddr"),
        port="dstport",
        source_port="srcport",
        protocol="protocol",
        packets="packets",
        bytes="bytes",
        start="start",
        end="end",
        action="action",
        tcp_flags="tcp_flags",
        client_ports=_EPHEMERAL,
        status="log_status",
        lenient=True,
    ),
    "gcp": FlowColumns(
        source="jsonPayload.connection.src_ip",
        destination="jsonPayload.connection.dest_ip",
        port="jsonPayload.connection.dest_port",
        source_port="jsonPayload.connection.src_port",
        protocol="jsonPayload.connection.protocol",
        packets="jsonPayload.packets_sent",
        bytes="jsonPayload.bytes_sent",
        start="jsonPayload.start_time",
        end="jsonPayload.end_time",
        client_ports=_EPHEMERAL,
        lenient=True,
    ),
    "hubble": _hubble(),
    "calico": FlowColumns(
        source=("{source_namespace}/{source_name}", "source_ip"),
        destination=("{dest_namespace}/{dest_name}", "dest_ip"),
        port="dest_port",
        source_port="source_port",
        protocol="proto",
        start="start_time",
        end="end_time",
        action="action",
        lenient=True,
    ),
}

_NOT_COLUMNS = {"time_unit", "client_ports", "lenient"}
FIELDS = tuple(
    field.name for field in dataclasses.fields(FlowColumns) if field.name not in _NOT_COLUMNS
)
"""The fields that name columns."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns, and which of them a log must have."""

    columns: FlowColumns
    required: frozenset[str]

    @classmethod
    def of(cls, given: FlowColumns | Mapping[str, str] | str) -> Layout:
        """What a caller gave: columns, the name of a preset, or a mapping from our names."""
        if isinstance(given, str):
            given = FlowColumns.preset(given)
        if isinstance(given, FlowColumns):
            if given.source is None or given.destination is None:
                raise ValueError("columns must name source and destination")
            named = {name for name in FIELDS if getattr(given, name) is not None}
            return cls(given, frozenset({"source", "destination"} if given.lenient else named))
        if not isinstance(given, Mapping):
            raise TypeError(
                "columns must be FlowColumns, the name of a preset, or a mapping from our names of "
                f"columns to the log's, not {type(given).__name__}"
            )
        unknown = [name for name in given if name not in FIELDS]
        if unknown:
            raise ValueError(f"no column `{unknown[0]}` is read; there are {', '.join(FIELDS)}")
        theirs: dict[str, Any] = dict(given)
        columns = dataclasses.replace(PRESETS["netpol"], **theirs)
        return cls(columns, frozenset({"source", "destination", *given}))

    @classmethod
    def guessed(cls, there: Iterable[str]) -> Layout:
        """The preset whose ends a log has. Raises `ValueError` when it is none's."""
        known = {plain(name) for name in there}
        for columns in PRESETS.values():
            layout = cls.of(columns)
            if all(layout.top_level(end) & known for end in ("source", "destination")):
                return layout
        raise ValueError(
            "columns are needed: the log has none that are known as the ends of a flow; "
            f"it has {', '.join(there)}"
        )

    def top_level(self, field: str) -> set[str]:
        """The columns of the log that a field may be read from, without what is inside them."""
        found = paths(getattr(self.columns, field))
        return {plain(path) for path in found} | {plain(str(path_steps(path)[0])) for path in found}

    def check(self, there: Iterable[str]) -> None:
        """Raises `ValueError` when a log with these columns does not have those that it must."""
        known = {plain(name) for name in there}
        for own in sorted(self.required):
            if not self.top_level(own) & known:
                raise self.lacks(own, there)

    def lacks(self, field: str, there: Iterable[str]) -> ValueError:
        """The error for a log that has nothing to read a field from."""
        wanted = " and no ".join(f"`{path}`" for path in paths(getattr(self.columns, field)))
        return ValueError(f"the log has no column {wanted} to read {field} from; there are {', '.join(there)}")

    def needed(self, there: Iterable[str]) -> list[str]:
        """Those of a log's columns that are read at all."""
        wanted = {name for field in FIELDS for name in self.top_level(field)}
        return [name for name in there if plain(name) in wanted]


def plain(name: str) -> str:
    """A name of a column, so that spellings of it are equal."""
    return name.strip().lower().replace("-", "_")


def names_of(given: ColumnNames) -> tuple[str, ...]:
    """The names, in order of preference."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else given


def parts_of(name: str) -> list[str]:
    """Texts and, at every odd place, paths: ``{a}/{b}`` is ``"", "a", "/", "b", ""``."""
    return re.split(r"\{([^{}]*)\}", name)


def paths(given: ColumnNames) -> list[str]:
    """Every path that the names lead to."""
    found = []
    for name in names_of(given):
        parts = parts_of(name)
        found += parts[1::2] if len(parts) > 1 else parts
    return found


def path_steps(path: str) -> list[str | int]:
    """``a.b[0].c`` as its steps."""
    steps: list[str | int] = []
    for part in path.split("."):
        name, *places = part.split("[")
        steps.append(name)
        steps += [int(place.rstrip("]")) for place in places]
    return steps

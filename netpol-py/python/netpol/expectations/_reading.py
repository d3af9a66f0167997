"""From the text of a file to its expectations, or to everything that is wrong with it."""

from __future__ import annotations

import itertools
import os
from typing import Any

import yaml

from .. import _services
from .._errors import RefusedError
from .._options import Options
from .._types import PathLike
from .._verdicts import Admission, Severity, Verdict
from . import _fields
from ._model import Expectation, ExpectationFile
from ._nodes import MOST_BYTES, OvergrownError, Source, child, report

FILE_FIELDS = (
    "$schema",
    "description",
    "manifests",
    "namespace",
    "admission",
    "legacy",
    "options",
    "resolve",
    "defaults",
    "expectations",
)
DEFAULT_FIELDS = (
    "from",
    "to",
    "port",
    "protocol",
    "icmp",
    "fragment",
    "viaService",
    "direction",
    "expect",
)
ENTRY_FIELDS = ("name", "description", *DEFAULT_FIELDS, "only", "reason", "by")

# Lists multiply.
MOST_EXPECTATIONS = 100_000


def read(path: PathLike) -> ExpectationFile:
    """Reads a file of expectations.

    Raises `RefusedError` with everything that is wrong with it, each with its line and column, and
    `OSError` when it cannot be read.
    """
    path = os.fspath(path)
    with open(path, "rb") as file:
        text = file.read(MOST_BYTES + 1)
    return loads(text, name=path)


def loads(text: str | bytes, *, name: str = "<input>") -> ExpectationFile:
    """Reads the text of a file of expectations. `name` is its path, to which those of manifests are
    relative.

    As `read` in everything else.

    >>> from netpol import expectations
    >>> file = expectations.loads('''
    ... manifests: netpol-core/examples/shop
    ... expectations:
    ... - {from: shop/web, to: shop/db, port: postgres, expect: deny}
    ... ''')
    >>> for outcome in file.check():
    ...     print(outcome.expectation, outcome.status)
    shop/web -> shop/db:postgres passed
    """
    source = Source(text, name)
    try:
        file = _read_file(source) if source.text else None
    except OvergrownError:
        file = None
    if file is None:
        if not source.found:
            source.syntax("the file is empty")
        raise RefusedError(source.sorted(), report(source))
    return file


def _read_file(source: Source) -> ExpectationFile | None:
    """What the file says; `None` when something is wrong with it."""
    root = source.compose()
    if root is None:
        return None
    nodes = source.fields(root, "", FILE_FIELDS)
    more: dict[str, Any] = {}
    for name, reader in _FILE_READERS.items():
        if name in nodes:
            more[name] = reader(source, nodes[name], name)
    entries = _Entries(source, more.get("namespace") or "default")
    if "defaults" in nodes:
        entries.read_defaults(nodes["defaults"])
    expected = nodes.get("expectations")
    if isinstance(expected, yaml.SequenceNode):
        for item, path in source.listed(expected, "expectations"):
            entries.read(item, path)
    elif expected is not None:
        source.fault(expected, "expectations", "TypeInvalid", "must be a list of expectations")
    elif isinstance(root, yaml.MappingNode):
        source.fault(root, "expectations", "Required", "")
    if any(one.is_error for one in source.found):
        return None
    if more.get("legacy"):
        options = more.get("options", Options()).to_dict()
        more["options"] = Options.from_dict(options | {"networkPolicies": "legacy"})
    return ExpectationFile(
        path=source.name,
        expectations=tuple(entries.expectations),
        warnings=source.sorted(),
        **more,
    )


class _Entries:
    """The entries of a file while they are read."""

    def __init__(self, source: Source, namespace: str) -> None:
        self.source = source
        self.namespace = namespace
        self.defaults: dict[str, Any] = {}
        self.expectations: list[Expectation] = []
        self.asked: dict[tuple[object, ...], Expectation] = {}

    def read_defaults(self, node: yaml.Node) -> None:
        """Reads what entries have that say nothing else."""
        fields = self.source.fields(node, "defaults", DEFAULT_FIELDS)
        self.defaults = self._values(fields, "defaults")

    def read(self, node: yaml.Node, path: str) -> None:
        """Reads an entry, and adds the expectations that it stands for."""
        before = len(self.source.found)
        own = self.source.fields(node, path, ENTRY_FIELDS)
        if not isinstance(node, yaml.MappingNode):
            return
        values = self._defaults_beside(own) | self._values(own, path)
        for name in ("from", "to", "expect"):
            if name not in values:
                self.source.fault(node, child(path, name), "Required", "")
        if len(self.source.found) == before and None not in values.values():
            self._hold_together(node, path, own, values)
        if len(self.source.found) == before and None not in values.values():
            self._add(node, path, values)

    def _values(self, fields: dict[str, yaml.Node], path: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, node in fields.items():
            where = child(path, name)
            if name in ("from", "to"):
                values[name] = _fields.ends(self.source, node, where, self.namespace)
            else:
                values[name] = _ENTRY_READERS[name](self.source, node, where)
        return values

    def _defaults_beside(self, own: dict[str, yaml.Node]) -> dict[str, Any]:
        """The defaults that hold for an entry: those about ports are none for one that asks for a
        message of ICMP, a fragment or a protocol without ports, and the other way round."""
        kept = dict(self.defaults)
        protocol = own.get("protocol")
        word = protocol.value if isinstance(protocol, yaml.ScalarNode) else ""
        if "icmp" in own or "fragment" in own or word in ("ICMP", "ICMPv6", "1", "58"):
            kept.pop("port", None)
        if "icmp" in own:
            kept.pop("protocol", None)
        if "port" in own or "fragment" in own or "protocol" in own:
            kept.pop("icmp", None)
        if "port" in own or "icmp" in own:
            kept.pop("fragment", None)
        return kept

    def _hold_together(
        self, node: yaml.Node, path: str, own: dict[str, yaml.Node], values: dict[str, Any]
    ) -> None:
        """Tells what an entry may not say together, and what it may not leave out."""

        def forbid(name: str, detail: str) -> None:
            self.source.fault(own.get(name, node), child(path, name), "Forbidden", detail)

        protocols = values.setdefault("protocol", ("ICMP",) if "icmp" in values else ("TCP",))
        portless = [one for one in protocols if one in _fields.PORTLESS]
        fragment = bool(values.get("fragment"))
        if "icmp" in values and len(portless) < len(protocols):
            forbid("icmp", "goes with protocol ICMP or ICMPv6")
        if "port" in values and (portless or fragment):
            wrong = "a fragment without ports" if fragment else str(portless[0])
            forbid("port", f"{wrong} has no ports")
        if "port" not in values and "icmp" not in values and not fragment:
            if any(one in _fields.WITH_PORTS for one in protocols):
                self.source.fault(node, child(path, "port"), "Required", "")
        if any(_services.is_service(end) for end in values["from"]):
            forbid("from", "a Service opens no connections: name its pods")
        if any(_services.is_service(end) for end in values["to"]):
            if any(one not in _fields.WITH_PORTS for one in protocols):
                forbid("to", "a Service goes by its ports, and not every protocol here has ports")
            beside = {name for name in ("direction", "icmp", "fragment") if values.get(name)}
            if beside:
                forbid("to", f"a Service goes with a port{_without(beside)}")
        ranged = [
            any(_fields.range_of(end) for end in values[name]) for name in ("from", "to")
        ]
        beside = {"direction", "icmp", "fragment", "viaService", "by", "reason"} & values.keys()
        if any(ranged) and (beside or "port" not in values):
            name = "from" if ranged[0] else "to"
            forbid(name, f"a range of addresses goes with a port{_without(beside)}")
        if all(ranged):
            forbid("to", "only one of the ends can be a range of addresses")
        if values.get("only"):
            if values["expect"] is Verdict.DENY:
                forbid("only", "goes with `expect: allow`")
            beside = {"direction", "icmp", "fragment", "viaService"} & values.keys()
            if beside or "port" not in values:
                forbid("only", f"goes with a port{_without(beside)}")
            if ranged[1] or any(_fields.is_pattern(end) for end in values["to"]):
                forbid("only", "goes with single destinations")

    def _add(self, node: yaml.Node, path: str, values: dict[str, Any]) -> None:
        every = (values["from"], values["to"], values.get("port", (None,)), values["protocol"])
        amount = len(every[0]) * len(every[1]) * len(every[2]) * len(every[3])
        if len(self.expectations) + amount > MOST_EXPECTATIONS:
            detail = f"a file stands for at most {MOST_EXPECTATIONS} questions"
            self.source.fault(node, path, "TooMany", detail)
            return
        shared: dict[str, Any] = {
            name: values[name]
            for name in ("icmp", "fragment", "direction", "expect", "reason", "by")
            if name in values
        }
        told = False
        for source, destination, port, protocol in itertools.product(*every):
            made = Expectation(
                source=source,
                destination=destination,
                port=port,
                protocol=protocol,
                via_service=values.get("viaService", False),
                only=values["from"] if values.get("only") else None,
                name=values.get("name"),
                description=values.get("description"),
                file=self.source.name,
                location=self.source.place(node),
                **shared,
            )
            earlier = self.asked.setdefault(made.question, made)
            if earlier is not made and not told:
                self._tell_twice(node, path, made, earlier)
                told = True
            self.expectations.append(made)

    def _tell_twice(
        self, node: yaml.Node, path: str, made: Expectation, earlier: Expectation
    ) -> None:
        """Tells an entry that asks what an earlier one asks: a fault when it expects otherwise."""
        line = earlier.location.line if earlier.location else 0
        if made.expect is earlier.expect:
            detail, severity = f"{made} is asked in line {line} too", Severity.WARNING
        else:
            detail = f"{made} is expected to have the verdict {earlier.expect} in line {line}"
            severity = Severity.ERROR
        self.source.fault(node, path, "Duplicate", detail, severity=severity)


def _without(beside: set[str]) -> str:
    return f", and without {' and '.join(sorted(beside))}" if beside else ""


def _text(source: Source, node: yaml.Node, path: str) -> str | None:
    return source.text_of(node, path)


def _boolean(source: Source, node: yaml.Node, path: str) -> bool | None:
    return source.boolean(node, path)


def _manifests(source: Source, node: yaml.Node, path: str) -> tuple[str, ...]:
    return source.each(node, path, source.text_of)


def _admission(source: Source, node: yaml.Node, path: str) -> Admission | None:
    word = source.word(node, path, [str(one) for one in Admission])
    return Admission(word) if word else None


_FILE_READERS: dict[str, Any] = {
    "description": _text,
    "manifests": _manifests,
    "namespace": _text,
    "admission": _admission,
    "legacy": _boolean,
    "options": _fields.options,
    "resolve": _fields.resolutions,
}
_ENTRY_READERS: dict[str, Any] = {
    "name": _text,
    "description": _text,
    "port": _fields.ports,
    "protocol": _fields.protocols,
    "icmp": _fields.icmp,
    "fragment": _boolean,
    "viaService": _boolean,
    "direction": _fields.direction,
    "expect": _fields.verdict,
    "only": _boolean,
    "reason": _fields.reason,
    "by": _text,
}

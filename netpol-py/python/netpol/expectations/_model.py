"""Expectations, the files that they stand in, and what came of them."""

from __future__ import annotations

import enum
import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .._answers import Address, Explanation, ServiceExplanation
from .._diagnostics import Diagnostic, Location
from .._errors import ManifestWarning, NetpolError
from .._netpol import Cluster, Engine
from .._one_side import explained
from .._options import Options, ReadOptions
from .._paths import manifests_matching
from .._types import PathLike
from .._verdicts import Admission, Direction, Reason, Verdict


class Status(enum.StrEnum):
    """What came of an expectation."""

    PASSED = "passed"
    """It holds."""
    FAILED = "failed"
    """The verdict, or what it rests on, is another."""
    ERROR = "error"
    """The question has no answer: an end or a port name is not there, say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One question with the verdict that is expected. An entry with lists stands for several.

    ``str()`` is what it is called in reports: ``shop/web -> shop/db:postgres``.
    """

    source: str
    """Who connects: an endpoint, an address, a range of addresses, or a pattern such as ``dev/*`` that
    means every endpoint it matches."""
    destination: str
    """To whom; the same, or a Service, ``svc/shop/db``, or a pattern of Services, ``svc/shop/*``. An
    expectation of a Service is one of each of its backends."""
    port: int | str | None = None
    """The port, by number or by the name that it has at the destination, or as a Service has it."""
    protocol: str | int = "TCP"
    """The protocol, by name or number."""
    icmp: tuple[int, int] | None = None
    """Type and code of ICMP; an echo request when it is not given."""
    fragment: bool = False
    """A fragment that carries no ports."""
    via_service: bool = False
    """A Service led the packet to the destination."""
    direction: Direction | None = None
    """One side alone."""
    expect: Verdict
    """The verdict that is expected."""
    reason: Reason | None = None
    """The reason that is expected of a direction that decides; of a Service, with each backend."""
    by: str | None = None
    """The policy that the verdict is expected to rest on; of a Service, with each backend."""
    only: tuple[str, ...] | None = None
    """When the sources of the entry are expected to be the only ones: all of them."""
    name: str | None = None
    """What the author called it."""
    description: str | None = None
    """Why it is expected."""
    file: str = "<input>"
    """The file that it stands in."""
    location: Location | None = field(default=None, compare=False)
    """Where in the file."""

    def check(self, engine: Engine) -> Outcome:
        """Asks the engine."""
        from ._judging import judge

        return judge(self, engine)

    def __str__(self) -> str:
        text = f"{_bracketed(self.source)} -> {_bracketed(self.destination)}"
        if self.port is not None:
            text += f":{self.port}"
        protocol = str(self.protocol)
        if self.icmp is not None:
            text += f" {protocol} {self.icmp[0]}/{self.icmp[1]}"
        elif protocol != "TCP":
            text += f"/{protocol}" if self.port is not None else f" {protocol}"
        marks = [
            "only" if self.only is not None else "",
            "fragment" if self.fragment else "",
            "via a Service" if self.via_service else "",
            str(self.direction) if self.direction is not None else "",
        ]
        return text + "".join(f" ({mark})" for mark in marks if mark)

    @property
    def question(self) -> tuple[object, ...]:
        """What is asked, without what is expected."""
        return (
            self.source,
            self.destination,
            self.port,
            self.protocol,
            self.icmp,
            self.fragment,
            self.via_service,
            self.direction,
        )

    @property
    def place(self) -> str:
        """Where it stands: ``shop.netpol.yaml:7:3``."""
        return f"{self.file}:{self.location}" if self.location is not None else self.file


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an expectation. ``str()`` tells it in full, for people."""

    expectation: Expectation
    """The expectation."""
    status: Status
    """Whether it holds."""
    message: str = ""
    """What is otherwise than expected, in a line; empty when it holds."""
    explanation: Explanation | ServiceExplanation | None = None
    """What the verdict rests on, when it is not as expected."""

    def account(self) -> str:
        """What came of it, and what the verdict rests on when it is not as expected."""
        lines = [self.message or f"{self.expectation} holds"]
        texts = [self.expectation.name, self.expectation.description]
        if self.explanation is not None:
            texts.append(explained(self.explanation, self.expectation.direction))
        for text in texts:
            if text is not None:
                lines += [f"  {line}" for line in text.strip().splitlines()]
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{self.expectation.place}: {self.account()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationFile:
    """A file of expectations: which manifests it is about, and what is expected of them."""

    path: str
    """The file."""
    expectations: tuple[Expectation, ...]
    """What is expected, in the order of the file."""
    manifests: tuple[str, ...] = ()
    """Files, directories and patterns, as the file has them."""
    namespace: str = "default"
    """Where objects and names are that name no namespace."""
    admission: Admission = Admission.CREATE
    """How strictly the manifests are taken."""
    legacy: bool = False
    """NetworkPolicies are read as Kubernetes 1.3 to 1.6 did."""
    options: Options = field(default_factory=Options)
    """The options of the cluster."""
    resolve: tuple[tuple[str, tuple[Address, ...]], ...] = ()
    """What domain names resolve to."""
    description: str | None = None
    """What the file is for."""
    warnings: tuple[Diagnostic, ...] = ()
    """What is odd about the file, such as a question that it asks twice."""

    @property
    def reading(self) -> ReadOptions:
        """How the manifests are read."""
        return ReadOptions(default_namespace=self.namespace, legacy=self.legacy)

    def manifest_paths(self) -> tuple[str, ...]:
        """The files and directories that it is about, relative to the working directory.

        Raises `NetpolError` for a path that does not exist or a pattern that matches nothing.
        """
        folder = os.path.dirname(self.path)
        found: list[str] = []
        for written in self.manifests:
            path = os.path.normpath(os.path.join(folder, written))
            if os.path.exists(path):
                found.append(path)
                continue
            matches = manifests_matching(path) if glob.has_magic(path) else []
            if not matches:
                raise NetpolError(f"{self.path}: manifests: nothing is at `{path}`")
            found += matches
        return tuple(dict.fromkeys(found))

    def engine(self, *paths: PathLike) -> Engine:
        """The engine of the manifests that it is about, or of others read in the same way.

        What is odd about them becomes a `ManifestWarning`. Raises `RefusedError` when they are
        refused, and `NetpolError` when there are none.
        """
        import warnings

        cluster, told = self.load(*paths)
        engine = cluster.publish()
        for warning in (*told, *engine.warnings, *engine.lints()):
            warnings.warn(str(warning), ManifestWarning, stacklevel=2)
        return engine

    def load(self, *paths: PathLike) -> tuple[Cluster, tuple[Diagnostic, ...]]:
        """As `engine`, but the cluster, and what is odd about the manifests."""
        given = tuple(paths) or self.manifest_paths()
        if not given:
            raise NetpolError(
                f"{self.path} names no manifests: say `manifests: [...]` in it, or give them"
            )
        cluster = Cluster(self.options)
        applied = cluster.apply_files(*given, admission=self.admission, reading=self.reading)
        for name, addresses in self.resolve:
            cluster.resolve_domain(name, addresses)
        return cluster, applied.warnings

    def check(self, engine: Engine | None = None) -> tuple[Outcome, ...]:
        """Asks an engine, by default that of the manifests it is about, for every expectation."""
        asked = engine if engine is not None else self.engine()
        return tuple(expectation.check(asked) for expectation in self.expectations)


def find(*paths: PathLike, patterns: Sequence[str] = ("*.netpol.yaml", "*.netpol.yml")) -> tuple[str, ...]:
    """Files of expectations: files as they are, and in directories and below those whose names match.
    Directories whose names begin with a dot are passed over.

    Raises `FileNotFoundError` for a path that does not exist.
    """
    found: list[str] = []
    for path in paths:
        path = os.fspath(path)
        if not os.path.isdir(path):
            if not os.path.exists(path):
                raise FileNotFoundError(2, os.strerror(2), path)
            found.append(path)
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            here = Path(folder)
            found += [
                str(here / name)
                for name in sorted(names)
                if any(Path(name).match(pattern) for pattern in patterns)
            ]
    return tuple(dict.fromkeys(found))


def _bracketed(end: str) -> str:
    """An IPv6 address in brackets, so that a port may follow it."""
    return f"[{end}]" if ":" in end and "/" not in end else end

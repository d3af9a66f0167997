"""The arguments that say which manifests are meant and how they are read, in every command alike."""

from __future__ import annotations

import argparse
import dataclasses
import glob
import ipaddress
import os
import sys
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .._answers import Address
from .._errors import RefusedError
from .._names import is_address
from .._netpol import Cluster, Engine, Manifest
from .._options import Options, ReadOptions
from .._paths import manifests_matching
from .._services import called
from .._verdicts import Admission
from .completion import offer, offer_nothing
from .terminal import CommandError, is_coloured, tell, warning


def add_loading_arguments(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Adds ``-f`` and everything that goes with it. `Loading.of` reads them.

    `required` is false where manifests may come from elsewhere: from positional arguments, or from
    the files of expectations. One ``-f`` takes several paths where it is required; elsewhere it would
    take those that are not its own.
    """
    group = parser.add_argument_group("manifests")
    group.add_argument(
        "-f",
        "--filename",
        dest="filenames",
        metavar="PATH",
        nargs="+" if required else 1,
        action="extend",
        required=required,
        default=None if required else [],
        help="a manifest, a directory of manifests, a pattern such as 'k8s/**/*.yaml', or - for the "
        "standard input; may be repeated",
    )
    group.add_argument(
        "-R",
        "--recursive",
        action="store_true",
        help="accepted as kubectl has it; directories are always read with everything below",
    )
    namespace = group.add_argument(
        "-n",
        "--namespace",
        default="default",
        help="where objects and names are that name no namespace (default: default)",
    )
    offer(namespace, _namespace_candidates)
    group.add_argument(
        "--stored",
        action="store_true",
        help="the manifests come from a cluster: take what it took, with warnings",
    )
    option = group.add_argument(
        "--option",
        dest="options",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="sets an option of the cluster, such as ipBlockPods=never; may be repeated",
    )
    offer(option, _option_candidates)
    resolve = group.add_argument(
        "--resolve",
        dest="resolved",
        metavar="NAME=ADDRESS[,ADDRESS...]",
        action="append",
        default=[],
        help="what a domain name resolves to; may be repeated",
    )
    offer_nothing(resolve)
    group.add_argument(
        "--legacy",
        action="store_true",
        help="read NetworkPolicies, those of 2016 too, as Kubernetes 1.3 to 1.6 did",
    )


@dataclass(frozen=True, kw_only=True)
class Loading:
    """Which manifests are meant, and how they are read."""

    paths: tuple[str, ...] = ()
    """Files, directories and ``-``; patterns are written out."""
    admission: Admission = Admission.CREATE
    """How strictly they are taken."""
    options: Options = field(default_factory=Options)
    """The options of the cluster."""
    reading: ReadOptions = field(default_factory=ReadOptions)
    """How texts are read."""
    resolved: tuple[tuple[str, tuple[Address, ...]], ...] = ()
    """What domain names resolve to."""

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Loading:
        """What the arguments say. Raises `CommandError`."""
        chosen = options_of(arguments.options)
        if arguments.legacy:
            chosen.setdefault("network_policies", "legacy")
        return cls(
            paths=expanded(arguments.filenames),
            admission=Admission.STORED if arguments.stored else Admission.CREATE,
            options=Options(**chosen),
            reading=ReadOptions(default_namespace=arguments.namespace, legacy=arguments.legacy),
            resolved=tuple(_resolution(text) for text in arguments.resolved),
        )

    def manifest(self, *paths: str) -> Manifest:
        """The manifest of the arguments, or that of other paths read in the same way.

        Raises `CommandError` where a path does not exist.
        """
        paths = paths or self.paths
        for path in paths:
            if path != "-" and not os.path.exists(path):
                raise CommandError(f"there is no file and no directory `{path}`")
        return Manifest.read_files(*paths, reading=self.reading)

    def cluster(self, *paths: str, onto: Cluster | None = None) -> Cluster:
        """A cluster of the manifests; what is odd about them is told on the standard error.

        With `onto` they are added to what is in that cluster, or replace it. Raises `RefusedError` when
        they are refused.
        """
        manifest = self.manifest(*paths)
        cluster = Cluster(self.options) if onto is None else onto
        try:
            applied = cluster.apply(manifest, admission=self.admission)
        except RefusedError as refused:
            raise RefusedError(refused.diagnostics, self.report(manifest)) from None
        if applied.warnings:
            tell(self.report(manifest))
        if not len(manifest):
            warning(f"there are no objects in {' '.join(paths or self.paths)}")
        for name, addresses in self.resolved:
            cluster.resolve_domain(name, addresses)
        return cluster

    def engine(self, *paths: str) -> Engine:
        """The engine of the manifests, as `cluster` in everything else."""
        return told(self.cluster(*paths).publish())

    def report(self, manifest: Manifest, *, together: bool = False) -> str:
        """Everything to be said about a manifest, with the lines of its text, as the standard error
        shows it. `together` is as in `Manifest.check`."""
        return manifest.report(
            admission=self.admission,
            options=self.options,
            together=together,
            coloured=is_coloured(sys.stderr),
        )

    def full_name(self, text: str) -> str:
        """An end of a question as `Engine` takes it: a name without a namespace is one of the
        namespace that ``-n`` says."""
        return full_name(text, self.reading.default_namespace)


def told(engine: Engine) -> Engine:
    """The engine, after what is odd about its cluster as a whole is told on the standard error."""
    for found in (*engine.warnings, *engine.lints()):
        tell(str(found))
    return engine


def full_name(text: str, namespace: str) -> str:
    """The name of an endpoint with its namespace; addresses and full names as they are."""
    if "/" in text or is_address(text):
        return text
    return f"{namespace}/{text}"


def expanded(paths: Sequence[str]) -> tuple[str, ...]:
    """Paths with the patterns among them written out, without files of expectations, as directories are
    read. Raises `CommandError` for one that matches nothing, and when the standard input is to be read
    twice."""
    found: list[str] = []
    for path in paths:
        if path == "-" or os.path.exists(path) or not glob.has_magic(path):
            found.append(path)
            continue
        matches = manifests_matching(path)
        if not matches:
            raise CommandError(f"the pattern `{path}` matches no file")
        found += matches
    if found.count("-") > 1:
        raise CommandError("the standard input, `-`, can be read only once")
    return tuple(dict.fromkeys(found))


def options_of(texts: Sequence[str]) -> dict[str, Any]:
    """The keyword arguments of `Options` that ``NAME=VALUE`` texts mean. Names are spelt
    ``ipBlockPods``, ``ip_block_pods`` or ``ip-block-pods``.

    Raises `CommandError` with everything that is wrong.
    """
    known = {_plain(option.name): option.name for option in dataclasses.fields(Options)}
    chosen: dict[str, Any] = {}
    wrong: list[str] = []
    for text in texts:
        name, equals, value = text.partition("=")
        option = known.get(_plain(name))
        if not equals:
            wrong.append(f"`{text}` is not NAME=VALUE")
        elif option is None:
            wrong.append(f"there is no option `{name}`; there are {', '.join(Options().to_dict())}")
        else:
            chosen[option] = {"true": True, "false": False}.get(value.lower(), value)
            try:
                Options(**{option: chosen[option]})
            except (TypeError, ValueError) as refused:
                wrong.append(str(refused))
    if wrong:
        raise CommandError("; ".join(wrong))
    return chosen


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _resolution(text: str) -> tuple[str, tuple[Address, ...]]:
    """``name=address,address``."""
    name, equals, addresses = text.partition("=")
    if not equals:
        raise CommandError(f"`{text}` is not `name=address`")
    found: list[Address] = []
    for address in addresses.split(","):
        try:
            found.append(ipaddress.ip_address(address))
        except ValueError:
            raise CommandError(f"`{address}` in `{text}` is no IP address") from None
    return name, tuple(found)


def add_end_argument(
    parser: argparse._ActionsContainer, *names: str, help: str, services: bool = False, **more: Any
) -> argparse.Action:
    """Adds an argument that names an endpoint or an address: it is completed with the endpoints of the
    manifests, and where it may name Services with those."""
    action = parser.add_argument(*names, help=help, **more)
    offer(action, _destination_candidates if services else _endpoint_candidates)
    return action


def _endpoint_candidates(arguments: argparse.Namespace) -> set[str]:
    """Every endpoint in the manifests, with its kind and without."""
    endpoints = _quiet_engine(arguments).endpoints()
    short = {f"{endpoint.namespace}/{endpoint.name}" for endpoint in endpoints}
    return short | {str(endpoint) for endpoint in endpoints}


def _destination_candidates(arguments: argparse.Namespace) -> set[str]:
    """Every endpoint in the manifests, and every Service."""
    services = _quiet_engine(arguments).services()
    return _endpoint_candidates(arguments) | set(map(called, services))


def _namespace_candidates(arguments: argparse.Namespace) -> set[str]:
    """Every namespace in the manifests that has an endpoint."""
    return {endpoint.namespace for endpoint in _quiet_engine(arguments).endpoints()}


def _quiet_engine(arguments: argparse.Namespace) -> Engine:
    """The engine of the manifests, whatever is wrong with them."""
    paths = [path for path in expanded(arguments.filenames) if path != "-"]
    cluster = Cluster()
    cluster.apply_files(*paths, admission="stored")
    return cluster.publish()


def _option_candidates(_arguments: argparse.Namespace) -> list[str]:
    """``name=value`` for every option and each value that it may have."""
    hints = typing.get_type_hints(Options)
    candidates = []
    for name in Options().to_dict():
        option = next(own for own in hints if _plain(own) == _plain(name))
        values = ("true", "false") if hints[option] is bool else _literals(hints[option])
        candidates += [f"{name}={value}" for value in values]
    return candidates


def _literals(hint: Any) -> tuple[str, ...]:
    found: list[str] = []
    for part in typing.get_args(hint):
        found += [part] if type(part) is str else _literals(part)
    return tuple(found)

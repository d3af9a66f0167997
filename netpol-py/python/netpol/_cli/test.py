"""``netpol test``: manifests are held to files of expectations."""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._errors import NetpolError, RefusedError
from .._netpol import Engine
from .._options import ReadOptions
from .._verdicts import Admission
from ..expectations import SCHEMA, ExpectationFile, Outcome, Status, find, read
from .loading import Loading, add_loading_arguments, options_of
from .parsers import add_command
from .terminal import CommandError, error, paint, printable, tell

if TYPE_CHECKING:
    from .parsers import Subparsers

ABOUT = """\
Holds manifests to files of expectations, and tells which do not hold, with the rule that came
nearest. The same files are tests for pytest.

A file is named *.netpol.yaml:

  manifests: [../k8s]                  # relative to the file
  namespace: shop                      # of names that have none
  defaults: {to: db, port: postgres}
  expectations:
  - {from: api, expect: allow, by: shop/db}
  - {from: [web, "dev/*", 0.0.0.0/0], expect: deny}
"""

MORE = """\
Without a PATH, the files in the working directory and below are run. With -f, the manifests that
it names are tested in the place of those that the files name: what a chart renders, or what a
cluster holds. How the files want manifests to be read stays, but where the command line says
otherwise.

exits with 0 when all hold, with 1 when one does not, with 2 when a file cannot be read or a
question has no answer

examples:
  $ netpol test netpol-py/examples/shop
  $ netpol test --junit-xml netpol.xml netpol-py/examples/shop/expectations
  $ netpol test -o json netpol-py/examples/shop
  $ helm template . | netpol test -f - expectations/
  $ kubectl get ns,nodes,pods,svc,endpointslices,netpol -A -o json | netpol test --stored -f - expectations/
  $ netpol test --schema > netpol.schema.json
"""


def add_parser(subparsers: Subparsers) -> None:
    """Adds the parser of the command."""
    parser = add_command(subparsers, "test", about=ABOUT, more=MORE)
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="a file of expectations, or a directory of them (default: the working directory)",
    )
    parser.add_argument(
        "-k",
        dest="containing",
        metavar="TEXT",
        help="only the expectations whose name, ends or port contain this text",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="tell those that hold too")
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (the default) or json"
    )
    parser.add_argument("--junit-xml", metavar="FILE", help="write a JUnit report, for CI systems")
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of the files, for editors"
    )
    add_loading_arguments(parser, required=False)


def run(arguments: argparse.Namespace) -> int:
    """Runs the files."""
    if arguments.schema:
        sys.stdout.write(SCHEMA.read_text(encoding="utf-8"))
        return 0
    tested = Tested(arguments)
    for path in find(*(arguments.paths or ["."])):
        tested.file(path)
    if not tested.files:
        raise CommandError("there are no files of expectations, which are named *.netpol.yaml")
    if not tested.outcomes and not tested.broken:
        raise CommandError("no expectation was run")
    if arguments.output == "json":
        print(json.dumps(tested.to_dict(), indent=2, ensure_ascii=False))
    else:
        print(tested.summary())
    if arguments.junit_xml:
        from .junit import write

        write(arguments.junit_xml, tested)
    if tested.broken or tested.count(Status.ERROR):
        return 2
    return 1 if tested.count(Status.FAILED) else 0


@dataclass(frozen=True, slots=True)
class Timed:
    """An outcome, and how long it took."""

    outcome: Outcome
    """What came of it."""
    seconds: float
    """How long the engine was asked."""


@dataclass
class Tested:
    """Files, while and after they are run."""

    arguments: argparse.Namespace
    files: list[str] = field(default_factory=list)
    """The files that were run."""
    outcomes: list[Timed] = field(default_factory=list)
    """What came of their expectations."""
    broken: dict[str, str] = field(default_factory=dict)
    """Why a file could not be run."""
    engines: dict[Any, Engine | None] = field(default_factory=dict)
    """Engines, for files that are about the same manifests; none where those are refused."""
    given: Loading | None = None
    """The manifests that are given in the place of those that the files name."""
    standard_input: bytes | None = None
    """What came in there; several files may be about it."""

    def __post_init__(self) -> None:
        arguments = self.arguments
        if arguments.filenames:
            self.given = Loading.of(arguments)
            if "-" in self.given.paths:
                self.standard_input = sys.stdin.buffer.read()
        elif arguments.stored or arguments.options or arguments.resolved or arguments.legacy:
            raise CommandError(
                "how manifests are read is said by the files that name them, or goes with -f"
            )

    def file(self, path: str) -> None:
        """Runs a file, and tells what does not hold."""
        self.files.append(path)
        try:
            file = read(path)
            for warning in file.warnings:
                tell(str(warning))
            engine = self._engine(file)
        except (NetpolError, OSError) as failed:
            report = failed.report if isinstance(failed, RefusedError) else ""
            self.broken[path] = report or str(failed)
            if report:
                tell(report)
            else:
                error(str(failed))
            return
        wanted = self.arguments.containing
        for expectation in file.expectations:
            if wanted is not None and wanted not in f"{expectation} {expectation.name or ''}":
                continue
            start = time.perf_counter()
            outcome = expectation.check(engine)
            self.outcomes.append(Timed(outcome, time.perf_counter() - start))
            self._tell(outcome)

    def count(self, status: Status) -> int:
        """How many expectations there are of which this came."""
        return sum(timed.outcome.status is status for timed in self.outcomes)

    def summary(self) -> str:
        """One line for people."""
        parts = []
        numbers = [
            (self.count(Status.FAILED), "failed", "red"),
            (self.count(Status.ERROR), "without an answer", "red"),
            (len(self.broken), f"file{'s' * (len(self.broken) > 1)} that could not be run", "red"),
            (self.count(Status.PASSED), "passed", "green"),
        ]
        for number, words, colour in numbers:
            if number:
                parts.append(paint(f"{number} {words}", colour, sys.stdout))
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Everything for programs."""
        return {
            "passed": self.count(Status.PASSED),
            "failed": self.count(Status.FAILED),
            "errors": self.count(Status.ERROR),
            "broken": [{"file": file, "message": text} for file, text in self.broken.items()],
            "expectations": [_plain(timed.outcome) for timed in self.outcomes],
        }

    def _engine(self, file: ExpectationFile) -> Engine:
        """The engine that a file is about; one for all files that are about the same."""
        loading = self._loading(file)
        key = (loading.paths, loading.admission, loading.options, loading.reading, loading.resolved)
        if key not in self.engines:
            if self.standard_input is not None:
                sys.stdin = io.TextIOWrapper(io.BytesIO(self.standard_input))
            try:
                self.engines[key] = loading.engine()
            except NetpolError:
                # It is told in full once.
                self.engines[key] = None
                raise
        engine = self.engines[key]
        if engine is None:
            raise NetpolError(f"{file.path}: its manifests are refused, as told before")
        return engine

    def _loading(self, file: ExpectationFile) -> Loading:
        """Which manifests a file is about, and how they are read: as the file says, but where the
        command line says otherwise."""
        given = self.given
        if given is None:
            if not file.manifests:
                raise NetpolError(f"{file.path} names no manifests, and there is no -f")
            return Loading(
                paths=file.manifest_paths(),
                admission=file.admission,
                options=file.options,
                reading=file.reading,
                resolved=file.resolve,
            )
        chosen = options_of(self.arguments.options)
        if self.arguments.legacy:
            chosen.setdefault("network_policies", "legacy")
        namespace = self.arguments.namespace
        return Loading(
            paths=given.paths,
            admission=Admission.STORED if self.arguments.stored else file.admission,
            options=dataclasses.replace(file.options, **chosen),
            reading=ReadOptions(
                default_namespace=namespace if namespace != "default" else file.namespace,
                legacy=file.legacy or self.arguments.legacy,
            ),
            resolved=file.resolve + given.resolved,
        )

    def _tell(self, outcome: Outcome) -> None:
        """For people."""
        if self.arguments.output == "json":
            return
        if outcome.status is Status.PASSED:
            if self.arguments.verbose:
                print(f"{paint('passed', 'green', sys.stdout)} {outcome.expectation}")
            return
        word = paint(str(outcome.status), "red", sys.stdout)
        print(f"{word} {printable(str(outcome))}\n")


def _plain(outcome: Outcome) -> dict[str, Any]:
    """An outcome for programs; what it does not have is left out."""
    expectation = outcome.expectation
    place = expectation.location
    fields: dict[str, Any] = {
        "id": str(expectation),
        "name": expectation.name,
        "description": expectation.description,
        "file": expectation.file,
        "line": place and place.line,
        "column": place and place.column,
        "from": expectation.source,
        "to": expectation.destination,
        "port": expectation.port,
        "protocol": expectation.protocol,
        "expect": str(expectation.expect),
        "status": str(outcome.status),
        "message": outcome.message or None,
        "explanation": outcome.explanation.to_dict() if outcome.explanation else None,
    }
    return {name: value for name, value in fields.items() if value is not None}

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
from . import junit
from .loading import Loading, add_loading_arguments, options_of
from .parsers import add_command
from .results import Results, Timed
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
    runner = Runner(arguments)
    for path in find(*(arguments.paths or ["."])):
        runner.run(path)
    results = runner.results
    if not results.files:
        raise CommandError("there are no files of expectations, which are named *.netpol.yaml")
    if not results.outcomes and not results.broken:
        raise CommandError("no expectation was run")
    if arguments.output == "json":
        print(json.dumps(results.to_dict(), indent=2, ensure_ascii=False))
    else:
        print(results.summary())
    if arguments.junit_xml:
        junit.write(arguments.junit_xml, results)
    if results.broken or results.count(Status.ERROR):
        return 2
    return 1 if results.count(Status.FAILED) else 0


@dataclass
class Runner:
    """Runs files."""

    arguments: argparse.Namespace
    results: Results = field(default_factory=Results)
    """What came of those that were run."""
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

    def run(self, path: str) -> None:
        """Runs a file, and tells what does not hold."""
        self.results.files.append(path)
        try:
            file = read(path)
            for warning in file.warnings:
                tell(str(warning))
            engine = self._engine(file)
        except (NetpolError, OSError) as failed:
            report = failed.report if isinstance(failed, RefusedError) else ""
            self.results.broken[path] = report or str(failed)
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
            self.results.outcomes.append(Timed(outcome, time.perf_counter() - start))
            self._tell(outcome)

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

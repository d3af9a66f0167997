"""The plugin for pytest: files of expectations are tests, and a fixture loads manifests.

It does nothing but look at the names of files until one of its things is used.
"""

from __future__ import annotations

import fnmatch
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ._errors import ManifestWarning, NetpolError, RefusedError
from ._loading import load
from ._netpol import Engine
from ._verdicts import Verdict

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from .expectations import Expectation, ExpectationFile, Outcome

MARK = """\
netpol_manifests(*paths, options=None, admission="create", reading=None): the manifests whose engine \
the fixture netpol_engine is; paths are relative to the file of the test"""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("netpol", "netpol: tests of NetworkPolicies")
    group.addoption(
        "--netpol-manifests",
        action="append",
        default=[],
        metavar="PATH",
        help="hold expectations to these manifests, in the place of those that their files name; "
        "may be repeated",
    )
    parser.addini(
        "netpol_manifests",
        "the manifests of the fixture netpol_engine, and of files of expectations that name none; "
        "relative to this file",
        type="paths",
        default=[],
    )
    parser.addini(
        "netpol_files",
        "patterns of the names of files of expectations",
        type="args",
        default=["*.netpol.yaml", "*.netpol.yml"],
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARK)


@pytest.fixture
def netpol_engine(request: pytest.FixtureRequest) -> Engine:
    """The engine of the manifests that the mark ``netpol_manifests`` of the test names, or else the
    option of pytest of the same name.

    It is made once for all tests that name the same.
    """
    mark = request.node.get_closest_marker("netpol_manifests")
    if mark is not None and mark.args:
        folder = request.path.parent
        paths = tuple(os.path.normpath(folder / path) for path in mark.args)
        more = mark.kwargs
    else:
        paths = tuple(str(path) for path in request.config.getini("netpol_manifests"))
        more = mark.kwargs if mark is not None else {}
    if not paths:
        raise pytest.UsageError(
            "netpol_engine needs manifests: set netpol_manifests in the configuration of pytest, "
            'or mark the test with @pytest.mark.netpol_manifests("path")'
        )
    engines = request.config.stash.setdefault(_ENGINES, {})
    key = (paths, *(more.get(name) for name in ("options", "admission", "reading")))
    if key not in engines:
        engines[key] = load(*paths, **more)
    engine: Engine = engines[key]
    return engine


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    patterns = parent.config.getini("netpol_files")
    if any(fnmatch.fnmatch(file_path.name, pattern) for pattern in patterns):
        collector: pytest.Collector = ExpectationsFile.from_parent(parent, path=file_path)
        return collector
    return None


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    if op == "==" and (isinstance(left, Verdict) or isinstance(right, Verdict)):
        return [
            f"{left!s} == {right!s}",
            "netpol.testing.assert_allowed and assert_denied say what a verdict rests on",
        ]
    return None


class ExpectationsFile(pytest.File):
    """A file of expectations."""

    _read: ExpectationFile

    def collect(self) -> Iterator[pytest.Item]:
        from . import expectations

        try:
            text = self.path.read_bytes()
            self._read = expectations.loads(text, name=_relative(self.path))
        except RefusedError as refused:
            raise self.CollectError(refused.report.rstrip()) from None
        for warning in self._read.warnings:
            warnings.warn(ManifestWarning(str(warning)), stacklevel=1)
        counts: dict[str, int] = {}
        for expectation in self._read.expectations:
            name = str(expectation)
            counts[name] = counts.get(name, 0) + 1
            if counts[name] > 1:
                name += f" #{counts[name]}"
            yield ExpectationItem.from_parent(self, name=name, expectation=expectation)

    def engine(self) -> Engine:
        """The engine of the manifests that it is about; made once for all files that are about the
        same."""
        file, config = self._read, self.config
        given: list[str] = config.getoption("netpol_manifests")
        paths = tuple(str(config.invocation_params.dir / path) for path in given)
        if not paths:
            paths = file.manifest_paths()
        if not paths:
            paths = tuple(str(path) for path in config.getini("netpol_manifests"))
        engines = config.stash.setdefault(_ENGINES, {})
        key = (paths, file.namespace, file.admission, file.legacy, file.options, file.resolve)
        if key not in engines:
            try:
                engines[key] = file.engine(*paths)
            except NetpolError:
                # It is told in full once.
                engines[key] = None
                raise
        engine: Engine | None = engines[key]
        if engine is None:
            raise NetpolError(f"{file.path}: its manifests are refused, as told before")
        return engine


class ExpectationItem(pytest.Item):
    """One expectation."""

    def __init__(self, *, expectation: Expectation, **more: Any) -> None:
        super().__init__(**more)
        self.expectation = expectation

    def runtest(self) -> None:
        from .expectations import Status

        assert isinstance(self.parent, ExpectationsFile)
        outcome = self.expectation.check(self.parent.engine())
        if outcome.status is not Status.PASSED:
            raise NotAsExpected(outcome)

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], style: Any = None
    ) -> str | TerminalRepr:
        if isinstance(excinfo.value, NotAsExpected):
            return str(excinfo.value.outcome)
        if isinstance(excinfo.value, RefusedError):
            return excinfo.value.report
        if isinstance(excinfo.value, NetpolError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        place = self.expectation.location
        return self.path, place.line - 1 if place else None, self.name


class NotAsExpected(Exception):
    """An expectation does not hold, or has no answer."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


def _relative(path: Path) -> str:
    """A path as people write it, who stand in the working directory."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


_ENGINES = pytest.StashKey[dict[Any, Any]]()

"""The examples in the modules beside the package's own, and that everything in them is documented."""

from __future__ import annotations

import doctest
import importlib
import inspect

import netpol
import pytest

from .cases import ROOT

MODULES = [
    "netpol.testing",
    "netpol.expectations",
    "netpol.expectations._reading",
    "netpol._one_side",
]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    module = importlib.import_module(name)
    tests = doctest.DocTestFinder().find(module, name, extraglobs={"netpol": netpol})
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for test in tests:
        runner.run(test, out=report.append)
    assert runner.tries and not runner.failures, "".join(report)


@pytest.mark.parametrize("name", ["netpol.testing", "netpol.expectations"])
def test_everything_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for exported in module.__all__:
        value = getattr(module, exported)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        assert inspect.getdoc(value), exported
        for own, member in vars(value).items() if inspect.isclass(value) else ():
            if not own.startswith("_") and (callable(member) or isinstance(member, property)):
                assert inspect.getdoc(member), f"{exported}.{own}"

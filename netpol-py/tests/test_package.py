"""What the package says of itself: lists, options, helpers, documentation."""

from __future__ import annotations

import dataclasses
import doctest
import importlib.metadata
import inspect
import ipaddress
import json
import re
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import netpol
import netpol._netpol as native
import pytest

import stub_docs

from . import shop
from .cases import ROOT, TESTDATA

CLASSES = (netpol.Cluster, netpol.Engine, netpol.Changes, netpol.FlowTable, netpol.Manifest)


def test_versions_agree() -> None:
    assert netpol.__version__ == importlib.metadata.version("netpol-py")


def test_what_is_installed() -> None:
    """Nothing that is read at run time, or that people look for, stays behind when the wheel is made."""
    files = {str(path) for path in importlib.metadata.files("netpol-py") or ()}
    for name in (
        "netpol/py.typed",
        "netpol/_netpol.pyi",
        "netpol/_matrix/page/page.html",
        "netpol/_matrix/page/page.css",
        "netpol/_matrix/page/page.js",
        "netpol/expectations/expectations.schema.json",
    ):
        assert name in files
    assert {path.rpartition("/")[2] for path in files if "/licenses/" in path} == {"LICENSE-APACHE", "LICENSE-MIT"}
    assert not [path for path in files if "/tests/" in path or path.endswith(".rs")]
    points = importlib.metadata.entry_points()
    assert [one.value for one in points.select(group="pytest11", name="netpol")] == ["netpol._pytest_plugin"]
    assert [one.value for one in points.select(group="console_scripts", name="netpol")] == ["netpol._cli:main"]


def test_everything_is_exported() -> None:
    exported = {name for name in netpol.__all__ if hasattr(netpol, name)}
    own = {name for name, value in vars(netpol).items() if not isinstance(value, ModuleType)}
    assert exported == {name for name in own if not name.startswith("_")} | {"__version__"}
    for module in (netpol._verdicts, netpol._names, netpol._answers, netpol._errors):
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__ and name[0] != "_":
                assert name in exported, name


def test_reasons_are_those_of_the_library() -> None:
    known = dict(native.reasons())
    assert list(known) == [reason.value for reason in netpol.Reason]
    assert list(known.values()) == list(range(1, len(known) + 1))


def test_options_are_those_of_the_library() -> None:
    written = json.loads((TESTDATA / "contents" / "version-1.json").read_text())["options"]
    assert set(netpol.Options().to_dict()) == set(written)
    saved = json.loads(netpol.Cluster().save())["options"]
    assert netpol.Options().to_dict() == saved, "the defaults are the library's"
    assert netpol.Cluster().options == netpol.Options() == netpol.Options.from_dict({})
    for option in dataclasses.fields(netpol.Options):
        default = getattr(netpol.Options(), option.name)
        others: list[Any] = [not default] if isinstance(default, bool) else literals(option.name)
        for value in others:
            options = netpol.Options(**{option.name: value})
            assert netpol.Cluster(options).options == options
    assert netpol.Options(until_synced="deny") == netpol.Options(until_synced=netpol.Verdict.DENY)
    assert hash(netpol.Options()) == hash(netpol.Options())


def literals(name: str) -> list[str]:
    """The values that a type checker lets through."""
    hints = inspect.get_annotations(netpol.Options)
    text = hints[name]
    return [part for part in text.replace('"', "'").split("'")[1::2]]


def test_selectors() -> None:
    selector = netpol.LabelSelector({"matchLabels": {"app": "web"}})
    assert selector == netpol.LabelSelector.parse("app=web") != netpol.LabelSelector()
    assert selector.matches({"app": "web", "tier": "x"}) and not selector.matches({})
    assert netpol.LabelSelector().matches({}) and netpol.LabelSelector({}) == netpol.LabelSelector()
    assert repr(selector) == 'LabelSelector.parse("app=web")'
    with pytest.raises(ValueError, match="not a valid label selector operator"):
        netpol.LabelSelector({"matchExpressions": [{"key": "a", "operator": "in", "values": ["b"]}]})
    with pytest.raises(ValueError, match="at byte 8: found the end"):
        netpol.LabelSelector.parse("app in (")
    with pytest.raises(TypeError, match="selector must be a mapping .* not str"):
        netpol.LabelSelector("app=web")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        selector.matches({"app": 5})  # type: ignore[dict-item]


def test_blocks() -> None:
    block = netpol.IpBlock(ipaddress.ip_network("10.0.0.0/8"), [ipaddress.ip_network("10.1.0.0/16")])
    assert block == netpol.IpBlock("10.0.0.0/8", ["10.1.0.0/16"])
    assert block.cidr == ipaddress.ip_network("10.0.0.0/8")
    assert block.excepts == (ipaddress.ip_network("10.1.0.0/16"),)
    assert repr(block) == "IpBlock('10.0.0.0/8', ['10.1.0.0/16'])"
    assert ipaddress.ip_address("10.2.0.1") in block and "fd00::1" not in block
    with pytest.raises(ValueError, match="must be a strict subset"):
        netpol.IpBlock("10.0.0.0/8", ["10.0.0.0/8"])
    with pytest.raises(ValueError, match="cidr `10.0.0.0` must be a valid CIDR"):
        netpol.IpBlock("10.0.0.0")
    with pytest.raises(TypeError, match="cidr must be a CIDR as text or a network of ipaddress, not int"):
        netpol.IpBlock(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="excepts must be an iterable of CIDRs, not str"):
        netpol.IpBlock("10.0.0.0/8", "10.1.0.0/16")
    with pytest.raises(TypeError, match="an address must be"):
        5 in block  # type: ignore[operator]


def test_classes_are_frozen() -> None:
    engine = shop.engine()
    with pytest.raises(AttributeError):
        engine.generation = 5  # type: ignore[misc]
    with pytest.raises(AttributeError):
        engine.more = 5  # type: ignore[attr-defined]
    for kind in CLASSES:
        with pytest.raises(TypeError, match="not an acceptable base type"):
            type("More", (kind,), {})
    assert engine == engine and engine != shop.engine()
    assert {engine: 1}[engine] == 1
    assert weakref.ref(engine)() is engine
    with pytest.raises(TypeError, match="No constructor|cannot create"):
        netpol.Engine()


def test_everything_is_documented() -> None:
    for kind in (*CLASSES, netpol.IpBlock, netpol.LabelSelector):
        assert kind.__doc__ and len(kind.__doc__) > 40, kind
        for name, member in vars(kind).items():
            if not name.startswith("_"):
                assert inspect.getdoc(member), f"{kind.__name__}.{name}"
    for name in netpol.__all__:
        value = getattr(netpol, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name


def test_the_stub_has_the_documentation() -> None:
    stub = stub_docs.STUB.read_text()
    assert stub == stub_docs.documented(stub), "`make stubs` writes it"


def documented() -> Iterator[tuple[str, str]]:
    """Every text that has examples, of the native half too."""
    for name in netpol.__all__:
        # Some are imported when they are named.
        getattr(netpol, name)
    modules = [netpol] + [value for value in vars(netpol).values() if isinstance(value, ModuleType)]
    for module in modules:
        yield module.__name__, module.__doc__ or ""
        for name, value in vars(module).items():
            if getattr(value, "__module__", "").startswith("netpol") and callable(value):
                yield f"{module.__name__}.{name}", inspect.getdoc(value) or ""
                if inspect.isclass(value):
                    for own, member in vars(value).items():
                        text = getattr(member, "__doc__", None)
                        if isinstance(text, str):
                            yield f"{value.__name__}.{own}", inspect.cleandoc(text)


EXAMPLES = {text: name for name, text in documented() if ">>>" in text}


@pytest.mark.parametrize("text", EXAMPLES, ids=EXAMPLES.get)
def test_examples(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    run_examples(EXAMPLES[text], text)


def run_examples(name: str, text: str) -> None:
    names = {"netpol": netpol, **{name: getattr(netpol, name) for name in netpol.__all__}}
    test = doctest.DocTestParser().get_doctest(text, names, name, None, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)
    assert test.examples


@pytest.mark.parametrize("readme", ["README.md", "netpol-py/README.md"])
def test_readmes(readme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is marked as Python in them, as one session."""
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```(?:python|pycon)\n(.*?)^```$", Path(readme).read_text(), re.M | re.S)
    assert blocks
    run_examples(readme, "\n".join(blocks))

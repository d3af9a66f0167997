"""`netpol convert`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import netpol as package
import pytest
import yaml
from netpol._cli.convert import document

from .cases import ROOT, TESTDATA
from .command import SHOP, netpol

OLD = "netpol-core/testdata/invalid/policies-of-2016.yaml"


def example() -> Path | None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [target / profile / "examples" / "convert" for profile in ("release", "debug")]
    return next((path for path in built if path.exists()), None)


INPUTS = sorted(TESTDATA.joinpath("articles").glob("0*.*")) + [ROOT / SHOP / name for name in ("policies.yaml", "workloads.yaml")]


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_the_rust_example_answers_the_same(path: Path, form: str) -> None:
    built = example()
    if built is None:
        pytest.skip("the example `convert` is not built: cargo build --examples -p netpol-core")
    theirs = subprocess.run([built, "-o", form, path], cwd=ROOT, capture_output=True, check=False)
    ours = netpol("convert", "-o", form, str(path))
    assert ours.code == theirs.returncode, theirs.stderr
    if form == "json":
        assert (json.loads(ours.out or "0")) == json.loads(theirs.stdout or b"0")
    else:
        assert list(yaml.safe_load_all(ours.out)) == list(yaml.safe_load_all(theirs.stdout))


def test_a_policy_of_2016() -> None:
    ran = netpol("convert", "netpol-core/testdata/articles/003-1-alpha-pol1.json")
    assert ran.code in (0, 1)
    (policy,) = yaml.safe_load_all(ran.out)
    assert (policy["apiVersion"], policy["kind"]) == ("networking.k8s.io/v1", "NetworkPolicy")
    assert not any(found.is_error for found in package.Manifest.read(ran.out).check())


def test_what_was_left_out_is_told() -> None:
    isolated = TESTDATA / "articles" / "003-3-isolated-namespace.yaml"
    ran = netpol("convert", str(isolated))
    assert (ran.code == 1) == bool(ran.err)
    assert ran.out


def test_what_cannot_be_read() -> None:
    ran = netpol("convert", OLD)
    assert ran.code == 2 and not ran.out and "error: " in ran.err
    assert netpol("convert", "nowhere").code == 2
    assert netpol("convert").code == 2


def test_from_the_standard_input() -> None:
    text = (ROOT / SHOP / "policies.yaml").read_text()
    ran = netpol("convert", "-", "-o", "json", stdin=text)
    assert ran.code == 0 and len(json.loads(ran.out)["items"]) == 4


@pytest.mark.parametrize("word", ["y", "on", "no", "1", "1.0", "0o7", "null", "~", "2020-01-01", "1_0", "", "a: b", "é"])
def test_words_that_are_something_else_to_a_server(word: str) -> None:
    """What is written means the same when it is read."""
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "a", "namespace": "shop", "annotations": {"note": word}},
        "spec": {"podSelector": {"matchLabels": {"app": word if word.isascii() and " " not in word and "~" != word else "a"}}},
    }
    manifest = package.Manifest.read(policy)
    if any(found.is_error for found in manifest.check()):
        return
    (converted,) = manifest.convert().policies
    text = document(converted)
    assert package.Manifest.read(text).convert().policies == (converted,), text

"""`netpol check`, for people, for programs, and as SARIF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from netpol._cli import sarif

from . import shop
from .cases import ROOT, TESTDATA
from .command import SHOP, Ran, netpol

# The schema of the standard, published by OASIS.
SARIF = jsonschema.Draft7Validator(
    json.loads((Path(__file__).parent / "sarif-2.1.0.schema.json").read_text())
)

BROKEN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, namespace: shop}
spec:
  podSelector: {}
  # ä
  policyType: [Ingress]
  ingress:
  - from: [{ipBlock: {cidr: 10.0.0.1/8}}, {ipBlock: {cidr: "ünfug"}}]
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "a b.yaml").write_text(BROKEN)
    return tmp_path


def test_nothing_to_tell() -> None:
    copied = "netpol-py/examples/shop/k8s"
    assert netpol("check", copied) == Ran(0, "13 objects, 0 errors, 0 warnings\n", "")
    assert netpol("check", "-f", SHOP, "--strict").code == 0


def test_everything_that_is_wrong(broken: Path) -> None:
    ran = netpol("check", "k8s", folder=broken)
    assert ran.code == 1 and ran.out == "1 object, 2 errors, 1 warning\n"
    assert ran.err.startswith(
        "error: spec.policyType: Unknown field: did you mean `policyTypes`?\n"
        " --> k8s/a b.yaml:7:3\n"
        "  |\n"
        "6 |   # ä\n"
        "7 |   policyType: [Ingress]\n"
        "  |   ^^^^^^^^^^\n"
        "  |\n"
        "  = in NetworkPolicy shop/a\n"
    )
    assert "warning: spec.ingress[0].from[0].ipBlock.cidr: " in ran.err


def test_warnings_count_when_they_shall() -> None:
    policies = f"{SHOP}/policies.yaml"
    assert netpol("check", policies).code == 0
    ran = netpol("check", policies, "--strict")
    assert (ran.code, ran.out) == (1, "4 objects, 0 errors, 1 warning\n")
    assert "warning: objects are in this namespace" in ran.err and "in Namespace shop" in ran.err


def test_what_the_cluster_as_a_whole_refuses() -> None:
    ran = netpol("check", f"{SHOP}/policies.yaml", "--option", "missingNamespaces=error", "-o", "json")
    (found,) = json.loads(ran.out)["findings"]
    assert ran.code == 1 and found["severity"] == "error"
    assert found["object"] == {"kind": "Namespace", "namespace": "", "name": "shop"}


@pytest.mark.parametrize("line", ["", "nowhere", "'*.none'", "empty", "-", "SHOP nowhere"])
def test_what_cannot_be_run(line: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    paths = [word.strip("'").replace("SHOP", str(shop.SHOP)) for word in line.split()]
    ran = netpol("check", *paths, folder=tmp_path)
    assert ran.code == 2 and (ran.err or line == "-")


def test_json(broken: Path) -> None:
    ran = netpol("check", "k8s", "-o", "json", folder=broken)
    plain = json.loads(ran.out)
    assert (plain["objects"], plain["errors"], plain["warnings"], ran.code) == (1, 2, 1, 1)
    assert plain["findings"][0] == {
        "severity": "error",
        "type": "field",
        "code": "unknown-field",
        "file": "k8s/a b.yaml",
        "line": 7,
        "column": 3,
        "offset": 123,
        "length": 10,
        "object": {"kind": "NetworkPolicy", "namespace": "shop", "name": "a"},
        "path": "spec.policyType",
        "kind": "UnknownField",
        "detail": "did you mean `policyTypes`?",
        "message": "spec.policyType: Unknown field: did you mean `policyTypes`?",
    }
    assert "--> k8s/a b.yaml:7:3" in ran.err, "people are told all the same"


def log(*arguments: str, folder: Path = ROOT, stdin: str = "") -> dict[str, Any]:
    """What is printed, which is valid."""
    ran = netpol("check", *arguments, "-o", "sarif", folder=folder, stdin=stdin)
    plain: dict[str, Any] = json.loads(ran.out)
    SARIF.validate(plain)
    return plain


def test_sarif(broken: Path) -> None:
    (run,) = log("k8s", folder=broken)["runs"]
    first, second, third = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["UnknownField", "cidr-host-bits", "Invalid"]
    assert [one["ruleId"] for one in (first, second, third)] == [rule["id"] for rule in rules]
    assert [one["level"] for one in (first, second, third)] == ["error", "warning", "error"]
    assert run["columnKind"] == "unicodeCodePoints"
    (location,) = third["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "k8s/a%20b.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": 9,
            "startColumn": 60,
            "endLine": 9,
            "endColumn": 67,
            "byteOffset": 215,
            "byteLength": 8,
        },
    }
    (logical,) = location["logicalLocations"]
    assert logical["fullyQualifiedName"] == "NetworkPolicy shop/a spec.ingress[0].from[1].ipBlock.cidr"


def test_sarif_without_findings_and_without_files() -> None:
    assert log(SHOP)["runs"][0]["results"] == []
    (one,) = log(f"{SHOP}/policies.yaml")["runs"][0]["results"]
    assert one["ruleId"] == "missing-namespace" and "physicalLocation" not in str(one)
    (run,) = log("-", stdin=BROKEN)["runs"]
    assert len(run["results"]) == 3 and "physicalLocation" not in str(run)


def test_findings_are_known_again_when_lines_move(broken: Path) -> None:
    prints = [one["partialFingerprints"] for one in log("k8s", folder=broken)["runs"][0]["results"]]
    (broken / "k8s" / "a b.yaml").write_text("# one more line\n" + BROKEN)
    assert prints == [one["partialFingerprints"] for one in log("k8s", folder=broken)["runs"][0]["results"]]
    assert len({str(one) for one in prints}) == 3


@pytest.mark.parametrize("folder", ["articles", "invalid", "network-policy-api"])
def test_sarif_of_everything_that_can_be_wrong(folder: str) -> None:
    for file in sorted((TESTDATA / folder).glob("*.yaml")):
        for more in ([], ["--stored"], ["--legacy"]):
            plain = log(str(file), *more)
            for rule in plain["runs"][0]["tool"]["driver"]["rules"]:
                assert rule["id"] in sarif.RULES, rule["id"]


def test_paths_outside_the_working_directory(tmp_path: Path, broken: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (run,) = log("../k8s", folder=inner)["runs"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == (broken / "k8s" / "a b.yaml").as_uri()


def test_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: \xff\n")
    (run,) = log("a.yaml", folder=tmp_path)["runs"]
    assert run["results"][0]["level"] == "error"

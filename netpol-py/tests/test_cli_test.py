"""`netpol test`: files of expectations without pytest."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import netpol as package
import pytest
from netpol import expectations

from . import shop
from .cases import ROOT
from .command import netpol
from .test_pytest_plugin import EXPECTATIONS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "shop.netpol.yaml").write_text(EXPECTATIONS)
    return tmp_path


def good(folder: Path) -> Path:
    """The file with what holds alone."""
    text = EXPECTATIONS.partition("- name")[0]
    (folder / "inner" / "shop.netpol.yaml").write_text(text)
    return folder


def test_all_hold(folder: Path) -> None:
    good(folder)
    ran = netpol("test", folder=folder)
    assert (ran.code, ran.out, ran.err) == (0, "1 passed\n", "")
    ran = netpol("test", "-v", "inner/shop.netpol.yaml", folder=folder)
    assert ran.out == "passed shop/api -> shop/db:postgres\n1 passed\n"


def test_what_does_not_hold_is_explained(folder: Path) -> None:
    ran = netpol("test", "-k", "frontend", folder=folder)
    assert ran.code == 1 and not ran.err
    assert ran.out.startswith(
        "failed inner/shop.netpol.yaml:6:3: shop/web -> shop/db:postgres is denied, and was expected"
        " to be allowed\n  the frontend has no business there\n  deny\n"
    )
    assert "    nearest: NetworkPolicy shop/db spec.ingress[0]" in ran.out
    assert ran.out.endswith("\n1 failed\n")


def test_what_has_no_answer_is_an_error(folder: Path) -> None:
    ran = netpol("test", folder=folder)
    assert ran.code == 2 and ran.out.endswith("1 failed, 1 without an answer, 1 passed\n")
    assert "error inner/shop.netpol.yaml:9:3: shop/we -> shop/db:postgres has no answer" in ran.out


def test_files_that_cannot_be_run_do_not_stop_the_rest(folder: Path) -> None:
    good(folder)
    (folder / "a.netpol.yaml").write_text("expectations: [{}]\n")
    (folder / "b.netpol.yaml").write_text(EXPECTATIONS.replace(str(shop.SHOP), "nowhere"))
    (folder / "c.netpol.yaml").write_text("expectations:\n- {from: a, to: b, port: 1, expect: deny}\n")
    ran = netpol("test", "--junit-xml", "x.xml", folder=folder)
    assert ran.code == 2 and ran.out == "3 files that could not be run, 1 passed\n"
    for part in (
        " --> a.netpol.yaml:1:16\n",
        "error: b.netpol.yaml: manifests: nothing is at `nowhere`\n",
        "error: c.netpol.yaml names no manifests, and there is no -f\n",
    ):
        assert part in ran.err
    cases = ElementTree.parse(folder / "x.xml").findall("testsuite/testcase/error")
    assert len(cases) == 3 and "a.netpol.yaml:1:16" in (cases[0].text or "")


@pytest.mark.parametrize("line", ["nowhere", "empty", "-k nothing inner", "--stored inner", "--option a=b inner"])
def test_nothing_to_run_is_no_success(line: str, folder: Path) -> None:
    (folder / "empty").mkdir()
    ran = netpol("test", *line.split(), folder=folder)
    assert ran.code == 2 and ran.err.startswith("error: ")


def test_json(folder: Path) -> None:
    ran = netpol("test", "-o", "json", folder=folder)
    plain = json.loads(ran.out)
    assert (plain["passed"], plain["failed"], plain["errors"], ran.code) == (1, 1, 1, 2)
    first, second, third = plain["expectations"]
    assert first == {
        "id": "shop/api -> shop/db:postgres",
        "file": "inner/shop.netpol.yaml",
        "line": 5,
        "column": 3,
        "from": "shop/api",
        "to": "shop/db",
        "port": "postgres",
        "protocol": "TCP",
        "expect": "allow",
        "status": "passed",
    }
    assert second["status"] == "failed" and second["explanation"]["verdict"] == "deny"
    assert third["status"] == "error" and "no endpoint `shop/we`" in third["message"]


def test_junit(folder: Path) -> None:
    netpol("test", "--junit-xml", "report.xml", folder=folder)
    root = ElementTree.parse(folder / "report.xml").getroot()
    (suite,) = root.findall("testsuite")
    assert [suite.get(name) for name in ("name", "tests", "failures", "errors")] == [
        "inner/shop.netpol.yaml",
        "3",
        "1",
        "1",
    ]
    passed, failed, error = suite.findall("testcase")
    assert not list(passed) and passed.get("name") == "shop/api -> shop/db:postgres"
    assert failed.get("line") == "6" and "nearest: " in (failed.findtext("failure") or "")
    assert "no endpoint `shop/we`" in (error.findtext("error") or "")
    assert netpol("test", "--junit-xml", "no/report.xml", folder=folder).code == 2


def test_what_xml_has_no_form_for(folder: Path) -> None:
    text = EXPECTATIONS.replace("from: we,", 'from: "w\\u0001e",')
    (folder / "inner" / "shop.netpol.yaml").write_text(text)
    netpol("test", "--junit-xml", "report.xml", folder=folder)
    report = ElementTree.parse(folder / "report.xml")
    assert "shop/w\\x01e" in str(report.findall("testsuite/testcase")[2].get("name"))


def test_other_manifests(folder: Path) -> None:
    """What a cluster holds, against the same expectations; the files' own reading stays."""
    text = EXPECTATIONS.replace(str(shop.SHOP), "nowhere")
    (folder / "inner" / "shop.netpol.yaml").write_text(text)
    (folder / "inner" / "more.netpol.yaml").write_text(text.replace("namespace:", "options: {endPort: false}\nnamespace:"))
    objects = "---\n".join((shop.SHOP / name).read_text() for name in ("policies.yaml", "workloads.yaml"))
    ran = netpol("test", "--stored", "-f", "-", folder=folder, stdin=objects)
    assert ran.out.endswith("2 failed, 2 without an answer, 2 passed\n"), ran.err
    ran = netpol("test", "-f", str(shop.SHOP / "workloads.yaml"), folder=folder)
    assert ran.out.endswith("2 without an answer, 4 passed\n"), ran.err


def test_refused_manifests_are_told_once(folder: Path) -> None:
    (folder / "inner" / "more.netpol.yaml").write_text(EXPECTATIONS)
    ran = netpol("test", "-f", "-", folder=folder, stdin="kind: NetworkPolcy\napiVersion: networking.k8s.io/v1\n")
    assert ran.code == 2 and ran.err.count("did you mean `NetworkPolicy`?") == 1
    assert "inner/shop.netpol.yaml: its manifests are refused, as told before" in ran.err


def test_files_share_an_engine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netpol._cli.loading import Loading

    made: list[Loading] = []
    real = Loading.engine

    def counted(self: Loading, *paths: str) -> package.Engine:
        made.append(self)
        return real(self, *paths)

    monkeypatch.setattr(Loading, "engine", counted)
    good(folder)
    (folder / "a.netpol.yaml").write_text((folder / "inner" / "shop.netpol.yaml").read_text())
    assert netpol("test", folder=folder).out == "2 passed\n"
    assert len(made) == 1


def test_questions_asked_twice_and_odd_manifests_are_told(folder: Path) -> None:
    good(folder)
    file = folder / "inner" / "shop.netpol.yaml"
    file.write_text(file.read_text() + "- {from: api, expect: allow}\n")
    ran = netpol("test", folder=folder)
    assert ran.code == 0 and ran.out == "2 passed\n"
    assert ran.err.startswith("inner/shop.netpol.yaml:6:3: warning: expectations[1]: Duplicate value")


def test_the_schema() -> None:
    ran = netpol("test", "--schema")
    assert ran.code == 0 and ran.out == expectations.SCHEMA.read_text(encoding="utf-8")
    copied = ROOT / "netpol-py" / "examples" / "shop" / "expectations.schema.json"
    assert copied.read_text() == ran.out, "`netpol test --schema` writes it"

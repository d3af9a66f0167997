"""Services wherever people ask: the command, files of expectations, `netpol.testing`, and what `check` says."""

from __future__ import annotations

import json
import shlex
import warnings
from pathlib import Path

import netpol as package
import pytest
from netpol import ObjectName, QuestionError, ServiceVerdict, expectations
from netpol.expectations import Outcome, Status
from netpol.testing import assert_allowed, assert_denied

from . import shop
from .command import netpol

ENGINE = shop.with_services()
DB = ObjectName("Service", "shop", "db")


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    """The shop of `shop.with_services`, as files."""
    pods = shop.cluster().publish()
    names = [(end.name, [str(one) for one in pods.addresses(end)]) for end in pods.endpoints()]
    items = [shop.NAMESPACE, *(shop.pod(name, *addresses) for name, addresses in names)]
    (tmp_path / "pods.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    (tmp_path / "policy.yaml").write_text(shop.POLICY)
    (tmp_path / "services.yaml").write_text(shop.SERVICES)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "out", "err", "code"),
    [
        ("--from shop/api --to svc/shop/db -p pg", "allow\n", "", 0),
        ("--from shop/web --to service/shop/db -p 15432", "deny\n", "", 1),
        ("--from web --to SVC/shop/db -p 15432 -n shop -o json", '{"verdict": "deny"}\n', "", 1),
        (
            "--from shop/web --to svc/shop/all -p 15432",
            "mixed\ndeny: shop/db (10.0.0.1) port 5432\nallow: shop/web (10.0.0.3) port 5432\n"
            "allow: 192.0.2.9 port 5432\n",
            "",
            1,
        ),
        ("--from shop/api --to svc/shop/dbs -p pg", "", "no Service `shop/dbs`; did you mean `shop/db`?", 2),
        ("--from shop/api --to svc/db -p pg", "", "did you mean `svc/shop/db`?", 2),
        ("--from shop/api --to svc/shop/db -p psql", "", "its ports are 15432/TCP (pg)", 2),
        ("--from shop/api --to svc/shop/db -p 5432", "", "has no TCP port 5432", 2),
        ("--from shop/api --to svc/shop/db", "", "--port is missing", 2),
        ("--from shop/api --to svc/shop/db --protocol icmp", "", "ICMP has none", 2),
        ("--from shop/api --to svc/shop/db --fragment", "", "a fragment carries none", 2),
        ("--from shop/api --to svc/shop/db -p pg --direction egress", "", "is about both directions", 2),
        ("--from svc/shop/db --to shop/api -p 1", "", "is a Service, which opens no connections", 2),
    ],
)
def test_the_command(line: str, out: str, err: str, code: int, manifests: Path) -> None:
    ran = netpol("decide", "-f", ".", *shlex.split(line), folder=manifests)
    assert (ran.out, ran.code) == (out, code), ran.err
    assert err in ran.err and bool(err) == bool(ran.err)


def test_the_command_explains(manifests: Path) -> None:
    line = ["-f", ".", "--from", "shop/web", "--to", "svc/shop/all", "-p", "15432"]
    known = ENGINE.explain_service("shop/web", "svc/shop/all", port=15432)
    assert netpol("explain", *line, folder=manifests).out == f"{known}\n"
    plain = json.loads(netpol("explain", *line, "-o", "json", folder=manifests).out)
    assert [one["verdict"] for one in plain["backends"]] == ["deny", "allow", "allow"]
    assert plain["verdict"] == "mixed" and plain["service"]["name"] == "all"


def test_questions_line_by_line(manifests: Path) -> None:
    questions = [
        {"from": "shop/api", "to": "svc/shop/db", "port": "pg"},
        {"from": "shop/web", "to": "svc/shop/all", "port": 15432},
        {"from": "shop/web", "to": "svc/shop/nobody", "port": 1},
        {"from": "shop/web", "to": "svc/shop/all", "port": 15432, "direction": "ingress"},
        {"from": "svc/shop/db", "to": "shop/web", "port": 1},
    ]
    text = "\n".join(map(json.dumps, questions))
    for more in ([], ["--explain"]):
        ran = netpol("decide", "-f", ".", "--queries", "-", *more, folder=manifests, stdin=text)
        answers = [json.loads(line) for line in ran.out.splitlines()]
        assert [one.get("verdict") for one in answers] == ["allow", "mixed", None, None, None]
        assert "no Service `shop/nobody`" in answers[2]["error"]
        assert "is about both directions" in answers[3]["error"]
        assert "opens no connections" in answers[4]["error"] and ran.code == 2
        if more:
            assert len(answers[1]["explanation"]["backends"]) == 3
    one = netpol("decide", "-f", ".", "--queries", "-", folder=manifests, stdin=json.dumps(questions[1]))
    assert one.code == 1, "mixed is not allowed"


def test_assertions() -> None:
    assert_allowed(ENGINE, "shop/api", "svc/shop/db", port="pg")
    assert_allowed(ENGINE, "shop/api", DB, port=15432)
    assert_denied(ENGINE, "shop/web", DB, port=15432)
    with pytest.raises(AssertionError) as denied:
        assert_allowed(ENGINE, "shop/web", DB, port="pg")
    head, verdict, question, *_ = str(denied.value).splitlines()
    assert head == "shop/web -> svc/shop/db:pg is denied, and was expected to be allowed"
    assert (verdict, question) == ("  deny", "  TCP shop/web (10.0.0.3) -> svc/shop/db port 15432 (pg)")
    for ask in (assert_allowed, assert_denied):
        with pytest.raises(AssertionError, match="allowed for some of its backends and denied for others"):
            ask(ENGINE, "shop/web", "svc/shop/all", port=15432)
    with pytest.raises(QuestionError, match="did you mean `shop/db`"):
        assert_denied(ENGINE, "shop/web", "svc/shop/dbs", port=1)
    with pytest.raises(QuestionError, match="opens no connections"):
        assert_denied(ENGINE, "svc/shop/db", "shop/web", port=1)
    with pytest.raises(ValueError, match="is about both directions"):
        assert_denied(ENGINE, "shop/web", DB, port=15432, direction="ingress")
    with pytest.raises(ValueError, match="needs a port"):
        assert_denied(ENGINE, "shop/web", DB)


def outcome(entry: str) -> Outcome:
    """What comes of one entry."""
    text = f"namespace: shop\nexpectations:\n- {entry}\n"
    return expectations.loads(text).expectations[-1].check(ENGINE)


@pytest.mark.parametrize(
    "entry",
    [
        "{from: api, to: svc/shop/db, port: pg, expect: allow}",
        "{from: api, to: svc/shop/db, port: 15432, expect: allow, by: shop/db, reason: ruleMatches}",
        "{from: web, to: svc/shop/db, port: pg, expect: deny, by: shop/db, reason: noRuleMatches}",
        "{from: [web, 203.0.113.7], to: service/shop/db, port: pg, expect: deny}",
        "{from: shop/a*, to: svc/shop/*, port: 15432, expect: allow}",
        "{from: 203.0.113.0/24, to: svc/shop/db, port: pg, expect: deny}",
        "{from: 192.0.2.0/25, to: svc/shop/db, port: pg, expect: allow}",
        "{from: [api, 192.0.2.0/25], to: svc/shop/db, port: pg, expect: allow, only: true}",
    ],
)
def test_expectations_that_hold(entry: str) -> None:
    found = outcome(entry)
    assert found.status is Status.PASSED, str(found)


@pytest.mark.parametrize(
    ("entry", "status", "message"),
    [
        ("{from: web, to: svc/shop/db, port: pg, expect: allow}", Status.FAILED, "is denied, and was expected"),
        (
            "{from: web, to: svc/shop/all, port: 15432, expect: allow}",
            Status.FAILED,
            "allowed for some of its backends and denied for others, and was expected to be allowed; "
            "otherwise for shop/db (10.0.0.1) port 5432",
        ),
        (
            "{from: web, to: svc/shop/all, port: 15432, expect: deny}",
            Status.FAILED,
            "otherwise for shop/web (10.0.0.3) port 5432, 192.0.2.9 port 5432",
        ),
        (
            "{from: api, to: svc/shop/all, port: 15432, expect: allow, by: shop/db}",
            Status.FAILED,
            "but for shop/web (10.0.0.3) port 5432 by no policy, not by shop/db",
        ),
        (
            "{from: shop/*, to: svc/shop/db, port: pg, expect: allow}",
            Status.FAILED,
            # The database too, which its Service leads back to itself.
            "so for shop/db -> svc/shop/db, shop/six -> svc/shop/db, shop/web -> svc/shop/db",
        ),
        (
            "{from: api, to: svc/shop/db, port: pg, expect: allow, only: true}",
            Status.FAILED,
            "others than expected may open shop/api -> svc/shop/db:pg (only): 192.0.2.0/25",
        ),
        ("{from: web, to: svc/shop/dbs, port: pg, expect: deny}", Status.ERROR, "did you mean `shop/db`"),
        ("{from: web, to: svc/shop/x*, port: pg, expect: deny}", Status.ERROR, "matches no Service"),
        ("{from: web, to: svc/shop/db, port: 1, expect: deny}", Status.ERROR, "has no TCP port 1"),
    ],
)
def test_expectations_that_do_not(entry: str, status: Status, message: str) -> None:
    found = outcome(entry)
    assert (found.status, message in found.message) == (status, True), found.message


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("{from: svc/shop/db, to: web, port: 1, expect: deny}", "a Service opens no connections"),
        ("{from: web, to: svc/shop/db, protocol: ICMP, expect: deny}", "not every protocol here has ports"),
        ("{from: web, to: svc/shop/db, port: pg, direction: egress, expect: deny}", "a Service goes with a port"),
        ("{from: web, to: svc/shop/db, fragment: true, expect: deny}", "a Service goes with a port"),
    ],
)
def test_expectations_that_make_no_sense(entry: str, fault: str) -> None:
    with pytest.raises(package.RefusedError) as refused:
        outcome(entry)
    assert fault in str(refused.value)


@pytest.fixture
def wrong(manifests: Path) -> Path:
    """The policy names the port of the Service in the place of the pods'."""
    (manifests / "policy.yaml").write_text(shop.POLICY.replace("5432", "15432"))
    return manifests


def test_check_warns_of_the_port_of_a_service(wrong: Path) -> None:
    ran = netpol("check", ".", "--strict", folder=wrong)
    assert ran.code == 1 and ran.out == "9 objects, 0 errors, 1 warning\n"
    assert "Service shop/db turns port 15432 into its targetPort 5432" in ran.err
    assert "--> ./policy.yaml:10:20" in ran.err
    (found,) = json.loads(netpol("check", ".", "-o", "json", folder=wrong).out)["findings"]
    place = {name: found[name] for name in ("severity", "code", "file", "line", "column", "path")}
    assert place == {
        "severity": "warning",
        "code": "service-port",
        "file": "./policy.yaml",
        "line": 10,
        "column": 20,
        "path": "spec.ingress[0].ports[0].port",
    }
    log = json.loads(netpol("check", ".", "-o", "sarif", folder=wrong).out)
    (result,) = log["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("service-port", "warning")
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (10, 20, 25)


def test_every_command_warns_of_it(wrong: Path) -> None:
    ran = netpol("decide", "-f", ".", "--from", "shop/api", "--to", "svc/shop/db", "-p", "pg", folder=wrong)
    assert (ran.out, ran.code) == ("deny\n", 1) and ran.err.startswith("warning: NetworkPolicy shop/db: ")
    ran = netpol("matrix", "-f", ".", "-p", "pg", "--to", "svc/shop/db", folder=wrong)
    assert "svc/shop/db" in ran.out and "targetPort 5432" in ran.err


def test_the_matrix_of_the_command(manifests: Path) -> None:
    ran = netpol("matrix", "-f", ".", "-p", "15432", "--services", "--from", "shop/web", "-o", "json", folder=manifests)
    plain = json.loads(ran.out)
    assert [one["name"] for one in plain["destinations"]][-2:] == ["svc/shop/all", "svc/shop/db"]
    ran = netpol("matrix", "-f", ".", "-p", "1", "--from", "svc/shop/db", folder=manifests)
    assert ran.code == 2 and "is a Service, which sends nothing" in ran.err


def test_mixed_is_neither_allow_nor_deny() -> None:
    verdict = ENGINE.decide_service("shop/web", "svc/shop/all", port=15432)
    assert verdict is ServiceVerdict.MIXED and verdict not in ("allow", "deny")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not ENGINE.lints()

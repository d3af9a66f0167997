"""The plugin for pytest, in sessions of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from . import shop

EXPECTATIONS = f"""\
manifests: {shop.SHOP}
namespace: shop
defaults: {{to: db, port: postgres}}
expectations:
- {{from: api, expect: allow}}
- name: the frontend has no business there
  from: web
  expect: allow
- {{from: we, expect: deny}}
"""


@pytest.fixture(autouse=True)
def nowhere_in_particular(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a CI server, pytest repeats whole messages in its summary, where elsewhere it cuts them."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("BUILD_NUMBER", raising=False)


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # Hypothesis takes half a second to start, and no session here needs it.
    return pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments
    )


def test_expectations_are_tests(pytester: pytest.Pytester) -> None:
    pytester.makefile(".netpol.yaml", shop=EXPECTATIONS)
    result = run(pytester, "-v")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "shop.netpol.yaml::shop/api -> shop/db:postgres PASSED*",
            "shop.netpol.yaml::shop/web -> shop/db:postgres FAILED*",
            "*_ shop/web -> shop/db:postgres _*",
            "shop.netpol.yaml:6:3: shop/web -> shop/db:postgres is denied, and was expected to be allowed",
            "  the frontend has no business there",
            "  deny",
            "  ingress to shop/db: deny, isolated by NetworkPolicy shop/db, *and no rule matches",
            "    nearest: NetworkPolicy shop/db spec.ingress?0? (from?0?): * do not match `app=api`",
            "shop.netpol.yaml:9:3: shop/we -> shop/db:postgres has no answer: no endpoint `shop/we`*",
            "FAILED shop.netpol.yaml::shop/web -> shop/db:postgres - shop.netpol.yaml:6:3:*",
        ]
    )


def test_one_is_chosen_by_its_name(pytester: pytest.Pytester) -> None:
    pytester.makefile(
        ".netpol.yaml", shop=EXPECTATIONS + "- {from: fd00::1, to: 'fd00::2', port: 1, expect: allow}\n"
    )
    run(pytester, "shop.netpol.yaml::shop/api -> shop/db:postgres").assert_outcomes(passed=1)
    run(pytester, "shop.netpol.yaml::[fd00::1] -> [fd00::2]:1").assert_outcomes(passed=1)
    run(pytester, "-k", "web").assert_outcomes(failed=1, deselected=2 + 1)


def test_workers_share_the_work(pytester: pytest.Pytester) -> None:
    lines = "".join(f"- {{from: api, to: db, port: {port}, expect: deny}}\n" for port in range(20))
    pytester.makefile(".netpol.yaml", shop=EXPECTATIONS + lines)
    result = run(pytester, "-n", "2")
    result.assert_outcomes(passed=21, failed=2)
    result.stdout.fnmatch_lines(["shop.netpol.yaml:6:3: shop/web -> shop/db:postgres is denied*"])


def test_a_file_that_is_wrong(pytester: pytest.Pytester) -> None:
    pytester.makefile(".netpol.yaml", shop=EXPECTATIONS.replace("expect: deny", "expects: deny, port: -1"))
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "error: expectations?2?.expect: Required value",
            " --> shop.netpol.yaml:9:3",
            "error: expectations?2?.expects: Unknown field: did you mean `expect`?",
            "9 | - {from: we, expects: deny, port: -1}",
            "  |              ^^^^^^^",
            "error: expectations?2?.port: Invalid value: \"-1\": must be 0 to 65535",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_question_asked_twice_is_a_warning(pytester: pytest.Pytester) -> None:
    pytester.makefile(".netpol.yaml", shop=EXPECTATIONS + "- {from: api, expect: allow}\n")
    result = run(pytester, "-v")
    result.assert_outcomes(passed=2, failed=2, warnings=1)
    result.stdout.fnmatch_lines(["*api -> shop/db:postgres #2 PASSED*", "*ManifestWarning: shop.netpol.yaml:10:3*"])


def test_manifests_that_are_refused_are_told_once(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", broken="kind: NetworkPolcy\napiVersion: networking.k8s.io/v1\n")
    text = EXPECTATIONS.replace(str(shop.SHOP), "broken.yaml")
    pytester.makefile(".netpol.yaml", shop=text, more=text)
    result = run(pytester)
    result.assert_outcomes(failed=6)
    report = result.stdout.str()
    assert report.count("did you mean `NetworkPolicy`?") == 1
    assert report.count("shop.netpol.yaml: its manifests are refused, as told before") == 3


def test_on_a_ci_server_the_report_is_in_the_summary_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    pytester.makefile(".yaml", broken="kind: NetworkPolcy\napiVersion: networking.k8s.io/v1\n")
    pytester.makefile(".netpol.yaml", shop=EXPECTATIONS.replace(str(shop.SHOP), "broken.yaml"))
    report = run(pytester).stdout.str()
    failures, summary = report.split("short test summary info")
    assert failures.count("did you mean `NetworkPolicy`?") == 1
    assert summary.count("did you mean `NetworkPolicy`?") == 1


def test_other_manifests(pytester: pytest.Pytester) -> None:
    """The same expectations of what a chart renders, say."""
    pytester.makefile(".netpol.yaml", shop=EXPECTATIONS.replace(str(shop.SHOP), "nowhere"))
    assert "nothing is at `nowhere`" in run(pytester).stdout.str()
    run(pytester, "--netpol-manifests", str(shop.SHOP)).assert_outcomes(passed=1, failed=2)
    workloads = shop.SHOP / "workloads.yaml"
    result = run(pytester, f"--netpol-manifests={workloads}")
    result.assert_outcomes(passed=2, failed=1)


def test_files_that_name_no_manifests_have_those_of_the_configuration(
    pytester: pytest.Pytester,
) -> None:
    pytester.makefile(".netpol.yaml", shop="\n".join(EXPECTATIONS.splitlines()[1:]))
    assert "names no manifests" in run(pytester).stdout.str()
    pytester.makeini(f"[pytest]\nnetpol_manifests = {shop.SHOP}\n")
    run(pytester).assert_outcomes(passed=1, failed=2)


def test_other_names_of_files(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", expected_shop=EXPECTATIONS)
    run(pytester).assert_outcomes()
    pytester.makeini("[pytest]\nnetpol_files = expected_*.yaml\n")
    run(pytester).assert_outcomes(passed=1, failed=2)


def test_the_fixture(pytester: pytest.Pytester) -> None:
    inner = pytester.mkpydir("inner")
    (inner / "k8s").mkdir()
    for name in ("policies.yaml", "workloads.yaml"):
        (inner / "k8s" / name).symlink_to(shop.SHOP / name)
    source = """
        import netpol, pytest

        ENGINES = set()

        @pytest.mark.netpol_manifests("k8s")
        def test_marked(netpol_engine):
            ENGINES.add(netpol_engine)
            assert netpol_engine.decide("shop/api", "shop/db", port=5432) == "allow"

        @pytest.mark.netpol_manifests("k8s")
        class TestMore:
            def test_is_the_same(self, netpol_engine):
                assert netpol_engine in ENGINES

            @pytest.mark.netpol_manifests("k8s", options=netpol.Options(end_port=False))
            def test_options(self, netpol_engine):
                assert not netpol_engine.options.end_port

        def test_configured(netpol_engine):
            assert netpol_engine.decide("shop/web", "shop/db", port=5432) == "allow"
    """
    (inner / "test_inner.py").write_text("\n".join(line[8:] for line in source.splitlines()))
    result = run(pytester, "--strict-markers")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*netpol_engine needs manifests: set netpol_manifests*"])
    pytester.makeini(f"[pytest]\nnetpol_manifests =\n  {shop.SHOP / 'workloads.yaml'}\n")
    run(pytester).assert_outcomes(passed=4)
    assert "netpol_manifests(" in run(pytester, "--markers").stdout.str()


def test_assertions_say_why(pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\nnetpol_manifests = {shop.SHOP}\n")
    pytester.makepyfile(
        """
        import netpol
        import pytest
        from netpol.testing import assert_allowed, assert_denied

        def test_allowed(netpol_engine):
            assert_allowed(netpol_engine, "shop/api", "shop/db", port="postgres")
            assert_allowed(netpol_engine, "shop/web", "shop/db", port="postgres")

        def test_denied(netpol_engine):
            assert_denied(netpol_engine, "shop/web", "shop/db", port="postgres")
            assert_denied(netpol_engine, "shop/web", "shop/db", port=1, direction="egress")

        def test_compared(netpol_engine):
            assert netpol_engine.decide("shop/web", "shop/db", port=5432) == netpol.Verdict.ALLOW

        def test_no_answer(netpol_engine):
            with pytest.raises(netpol.QuestionError):
                assert_denied(netpol_engine, "shop/we", "shop/db", port=1)
            with pytest.raises(TypeError, match="engine must be a netpol.Engine, not str"):
                assert_denied("engine", "shop/web", "shop/db", port=1)
        """
    )
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        [
            ">       assert_allowed(netpol_engine, \"shop/web\", \"shop/db\", port=\"postgres\")",
            "E       AssertionError: shop/web -> shop/db:postgres is denied, and was expected to be allowed",
            "E         deny",
            "E         ingress to shop/db: deny, isolated by *",
            "E           nearest: NetworkPolicy shop/db spec.ingress?0? (from?0?): *",
            "E       AssertionError: shop/web -> shop/db:1 (egress) is allowed, and was expected to be denied",
            "E         allow",
            "E         egress from shop/web: allow, not isolated",
            "E       assert deny == allow",
            "E         netpol.testing.assert_allowed and assert_denied say what a verdict rests on",
        ]
    )
    # Nothing of what the assertion does inside.
    result.stdout.no_fnmatch_line("*_assert(*")


def test_it_does_nothing_where_it_is_not_used(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", values="a: 1")
    pytester.makepyfile(
        """
        import sys

        def test_nothing():
            assert not {"yaml", "numpy", "netpol.expectations", "netpol._cli"} & set(sys.modules)
        """
    )
    result = run(pytester, "-W", "error", "--strict-config", "--strict-markers")
    result.assert_outcomes(passed=1)
    run(pytester, "-p", "no:netpol").assert_outcomes(passed=1)


def test_reports_have_file_and_line(pytester: pytest.Pytester) -> None:
    pytester.makefile(".netpol.yaml", shop=EXPECTATIONS)
    run(pytester, "--junit-xml=report.xml", "-o", "junit_family=xunit1")
    report = Path(pytester.path / "report.xml").read_text()
    assert 'name="shop/web -&gt; shop/db:postgres" file="shop.netpol.yaml" line="5"' in report
    assert sys.executable not in json.dumps(report)

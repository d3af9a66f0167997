"""Whether expectations hold, and what is said when they do not."""

from __future__ import annotations

import netpol
import pytest
from netpol import expectations
from netpol.expectations import Outcome, Status

from . import shop

SHOP = f"manifests: {shop.SHOP}\nnamespace: shop\n"

def check(entry: str) -> Outcome:
    """What comes of one entry, asked of the shop of the examples."""
    (outcome,) = expectations.loads(f"{SHOP}expectations:\n- {entry}\n").check()
    return outcome


@pytest.mark.parametrize(
    "entry",
    [
        "{from: api, to: db, port: postgres, expect: allow}",
        "{from: api, to: db, port: postgres, expect: allow, only: true}",
        "{from: api, to: db, port: 5432, expect: allow, by: shop/db, reason: ruleMatches}",
        "{from: api, to: db, port: 5432, expect: allow, by: NetworkPolicy shop/db}",
        "{from: web, to: db, port: 5432, expect: deny, by: shop/default-deny}",
        "{from: web, to: db, port: 5432, expect: deny, by: shop/db, reason: noRuleMatches}",
        "{from: monitoring/*, to: db, port: metrics, expect: allow}",
        "{from: monitoring/*, to: db, port: metrics, expect: allow, only: true}",
        "{from: daemonset/*/*, to: db, port: metrics, expect: allow}",
        "{from: shop/*, to: shop/*, port: 22, expect: deny}",
        "{from: 0.0.0.0/0, to: db, port: 5432, expect: deny}",
        "{from: '::/0', to: web, port: http, expect: allow}",
        "{from: 192.0.2.0/24, to: web, port: http, expect: allow}",
        "{from: db, to: 10.20.99.0/25, port: 443, expect: deny}",
        "{from: db, to: 10.20.98.0/24, port: 443, expect: allow}",
        "{from: db, to: 10.21.0.0/16, port: 443, expect: deny}",
        "{from: web, to: 10.21.0.0/16, port: 443, expect: allow}",
        "{from: web, to: db, protocol: ICMP, expect: deny}",
        "{from: web, to: db, port: 5432, direction: egress, expect: allow, reason: notIsolated}",
        "{from: web, to: db, fragment: true, expect: deny}",
        "{from: web, to: db, protocol: 47, expect: deny}",
    ],
)
def test_expectations_that_hold(entry: str) -> None:
    outcome = check(entry)
    assert outcome.status is Status.PASSED, str(outcome)
    assert outcome.explanation is None and not outcome.message


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{from: web, to: db, port: 5432, expect: allow}", "is denied, and was expected to be allowed"),
        ("{from: api, to: db, port: 5432, expect: deny}", "is allowed, and was expected to be denied"),
        (
            "{from: api, to: db, port: 5432, expect: allow, by: shop/default-deny}",
            "is allowed as expected, but by NetworkPolicy shop/db, not by shop/default-deny",
        ),
        (
            "{from: web, to: db, port: 5432, expect: deny, by: api}",
            "but by NetworkPolicy shop/db and NetworkPolicy shop/default-deny, not by api",
        ),
        (
            "{from: web, to: db, port: 5432, direction: egress, expect: allow, by: shop/db}",
            "but by no policy, not by shop/db",
        ),
        (
            "{from: web, to: db, port: 5432, expect: deny, reason: ruleDenies}",
            "but the reason is noRuleMatches, not ruleDenies",
        ),
        (
            "{from: '*/*', to: db, port: 5432, expect: deny}",
            "is allowed, and was expected to be denied; so for deployment/shop/api -> shop/db",
        ),
        (
            "{from: db, to: 10.20.0.0/16, port: 443, expect: allow}",
            "is denied, and was expected to be allowed; so for 10.20.99.0/24",
        ),
        (
            "{from: 10.0.0.0/8, to: web, port: http, expect: deny}",
            "is allowed, and was expected to be denied; so for 10.0.0.0/8",
        ),
        (
            "{from: db, to: 10.0.0.0/8, port: 443, expect: deny}",
            "so for 10.20.0.0/18, 10.20.64.0/19, 10.20.96.0/23, 10.20.98.0/24, 10.20.100.0/22 and 3 more",
        ),
        (
            "{from: monitoring/prometheus, to: web, port: http, expect: allow, only: true}",
            "others than expected may open monitoring/prometheus -> shop/web:http (only): "
            "deployment/shop/api, 0.0.0.0/0, ::/0",
        ),
    ],
)
def test_expectations_that_do_not_hold(entry: str, message: str) -> None:
    outcome = check(entry)
    assert outcome.status is Status.FAILED
    assert message in outcome.message
    first, verdict, question, *_ = str(outcome).splitlines()
    assert first == f"<input>:4:3: {outcome.message}"
    assert verdict in ("  allow", "  deny") and question.startswith("  TCP ")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{from: we, to: db, port: 5432, expect: deny}", "no endpoint `shop/we`: .* did you mean .*`shop/web`"),
        ("{from: web, to: db, port: psql, expect: deny}", "`shop/db` declares no TCP port named `psql`"),
        ("{from: dev/*, to: db, port: 1, expect: deny}", "the pattern `dev/\\*` matches no endpoint"),
        ("{from: db, to: 10.0.0.0/8, port: https, expect: deny}", "means nothing in a range of addresses"),
    ],
)
def test_questions_without_an_answer(entry: str, message: str) -> None:
    outcome = check(entry)
    assert outcome.status is Status.ERROR
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(outcome.message)


def test_only_counts_addresses_of_pods_as_the_pods() -> None:
    engine = shop.engine()
    text = "expectations: [{{from: {}, to: shop/db, port: 5432, expect: allow, only: true}}]"

    def status(ends: str) -> Outcome:
        return expectations.loads(text.format(ends)).expectations[-1].check(engine)

    assert status("[shop/api, 192.0.2.0/25]").status is Status.PASSED
    assert status("[10.0.0.2, 192.0.2.0/25]").status is Status.PASSED
    assert "192.0.2.64/26" in status("[shop/api, 192.0.2.0/26]").message
    assert "shop/api" in status("[192.0.2.0/25]").message


def test_patterns_agree_with_pairs() -> None:
    """Patterns are asked in columns, which say what single questions say."""
    engine = netpol.load(shop.SHOP)
    names = [str(endpoint) for endpoint in engine.endpoints()]
    for port in (5432, 8080, 8000, 9187):
        for more in ("", ", direction: ingress", ", direction: egress", ", viaService: true"):
            text = f"expectations: [{{from: '*/*', to: {{}}, port: {port}, expect: deny{more}}}]"
            for destination in names:
                (outcome,) = expectations.loads(text.replace("{}", destination)).check(engine)
                direction = more.rpartition(" ")[2] if "direction" in more else None
                allowed = [
                    name
                    for name in names
                    if name != destination
                    and engine.decide(name, destination, port=port, direction=direction) == "allow"  # type: ignore[arg-type]
                ]
                assert (outcome.status is Status.FAILED) == bool(allowed)
                assert all(f"{name} -> {destination}" in outcome.message for name in allowed)

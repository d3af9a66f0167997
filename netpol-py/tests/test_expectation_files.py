"""Files of expectations: what they say, and what is wrong with them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import netpol
import pytest
import yaml
from netpol import expectations
from netpol.expectations import Expectation, Status

from . import shop
from .cases import ROOT

SCHEMA = json.loads(expectations.SCHEMA.read_text(encoding="utf-8"))

SHOP = f"manifests: {shop.SHOP}\nnamespace: shop\n"


def only(text: str) -> Expectation:
    """The one expectation of a file with these entries."""
    (found,) = every(text)
    return found


def every(text: str) -> tuple[Expectation, ...]:
    return expectations.loads(f"{SHOP}{text}").expectations


def test_lists_stand_for_every_combination() -> None:
    found = every("expectations: [{from: [web, api], to: db, port: [5432, metrics], expect: deny}]")
    assert [str(one) for one in found] == [
        "shop/web -> shop/db:5432",
        "shop/web -> shop/db:metrics",
        "shop/api -> shop/db:5432",
        "shop/api -> shop/db:metrics",
    ]


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("{from: web, to: db, port: 53, protocol: UDP, expect: deny}", "shop/web -> shop/db:53/UDP"),
        ("{from: web, to: db, protocol: ICMP, expect: deny}", "shop/web -> shop/db ICMP"),
        ("{from: web, to: db, icmp: 3, expect: deny}", "shop/web -> shop/db ICMP 3/0"),
        (
            "{from: web, to: db, icmp: {type: 3, code: 4}, protocol: ICMPv6, expect: deny}",
            "shop/web -> shop/db ICMPv6 3/4",
        ),
        ("{from: web, to: db, protocol: 47, expect: deny}", "shop/web -> shop/db 47"),
        (
            "{from: 'fd00:0::1', to: fd00::2, port: 80, expect: deny}",
            "[fd00::1] -> [fd00::2]:80",
        ),
        ("{from: 1:2:3:4:5:6:7:8, to: db, port: 80, expect: deny}", "[1:2:3:4:5:6:7:8] -> shop/db:80"),
        ("{from: 10.0.0.0/8, to: pod/a/b, port: 80, expect: deny}", "10.0.0.0/8 -> pod/a/b:80"),
        ("{from: a/*, to: db, fragment: true, expect: deny}", "a/* -> shop/db (fragment)"),
        (
            "{from: on, to: no, port: y, direction: ingress, viaService: true, expect: deny}",
            "shop/on -> shop/no:y (via a Service) (ingress)",
        ),
    ],
)
def test_names(entry: str, name: str) -> None:
    assert str(only(f"expectations:\n- {entry}")) == name


def test_everything_that_a_file_says() -> None:
    file = expectations.loads(
        """\
        $schema: expectations.schema.json
        description: why
        manifests: [a.yaml, b]
        namespace: shop
        admission: stored
        legacy: true
        options: {selfTraffic: false, untilSynced: deny}
        resolve: {example.org: [192.0.2.1, "2001:db8::1"], example.net: 192.0.2.2}
        defaults: {to: db, port: 1, expect: deny}
        expectations:
        - from: web
          name: n
          description: d
          expect: allow
          reason: ruleMatches
          by: NetworkPolicy shop/db
          only: true
        """,
        name="x/y.netpol.yaml",
    )
    assert file.path == "x/y.netpol.yaml" and file.description == "why"
    assert file.manifests == ("a.yaml", "b") and file.admission is netpol.Admission.STORED
    assert file.options == netpol.Options(
        self_traffic=False, until_synced="deny", network_policies="legacy"
    )
    assert file.reading == netpol.ReadOptions(default_namespace="shop", legacy=True)
    assert [(name, [str(one) for one in found]) for name, found in file.resolve] == [
        ("example.org", ["192.0.2.1", "2001:db8::1"]),
        ("example.net", ["192.0.2.2"]),
    ]
    (one,) = file.expectations
    assert (one.name, one.description, one.by, one.only) == (
        "n",
        "d",
        "NetworkPolicy shop/db",
        ("shop/web",),
    )
    assert one.expect is netpol.Verdict.ALLOW and one.reason is netpol.Reason.RULE_MATCHES
    assert one.place == "x/y.netpol.yaml:11:11"


@pytest.mark.parametrize(
    ("own", "asked"),
    [
        ("{from: a}", "5432 TCP None False"),
        ("{from: a, port: 80}", "80 TCP None False"),
        ("{from: a, protocol: UDP}", "5432 UDP None False"),
        ("{from: a, protocol: ICMP}", "None ICMP None False"),
        ("{from: a, icmp: 3}", "None ICMP (3, 0) False"),
        ("{from: a, fragment: true}", "None TCP None True"),
    ],
)
def test_defaults_step_back(own: str, asked: str) -> None:
    """An entry about ICMP or a fragment does not have the port that others have."""
    one = only(f"defaults: {{to: db, port: 5432, expect: deny}}\nexpectations: [{own}]")
    assert f"{one.port} {one.protocol} {one.icmp} {one.fragment}" == asked


def test_defaults_of_icmp_step_back() -> None:
    one = only("defaults: {to: db, icmp: 3, expect: deny}\nexpectations: [{from: a, port: 80}]")
    assert (one.port, one.protocol, one.icmp) == (80, "TCP", None)


BASE = "expectations:\n- {from: a, to: b, port: 1, expect: deny"

# Each a text, and what is said about it: line, column, kind of fault, path.
WRONG: dict[str, tuple[str, list[str]]] = {
    "empty": ("", ["- syntax"]),
    "comment": ("# nothing\n", ["- syntax"]),
    "two documents": (f"{BASE}}}\n---\n{BASE}}}\n", ["3:1 syntax"]),
    "no YAML": ("expectations: [", ["1:16 syntax"]),
    "tab": ("expectations:\n\t- a", ["2:1 syntax"]),
    "control": ("expectations: \x01", ["1:15 syntax"]),
    "no mapping": ("- a\n", ["1:1 TypeInvalid"]),
    "no expectations": ("manifests: a\n", ["1:1 Required expectations"]),
    "no list": ("expectations: a\n", ["1:15 TypeInvalid expectations"]),
    "empty list": ("expectations: []\n", ["1:15 Required expectations"]),
    "no entry": ("expectations: [a]\n", ["1:16 TypeInvalid expectations[0]"]),
    "unknown": (f"{BASE}, form: a}}\n", ["2:43 UnknownField expectations[0].form"]),
    "merge key": (f"a: &a {{}}\n{BASE}, <<: *a}}\n", ["1:1 UnknownField a", "3:43 UnknownField expectations[0].<<"]),
    "twice": (f"{BASE}, port: 2}}\n", ["2:43 DuplicateField expectations[0].port"]),
    "nothing said": (
        "expectations: [{}]\n",
        [
            "1:16 Required expectations[0].from",
            "1:16 Required expectations[0].to",
            "1:16 Required expectations[0].expect",
        ],
    ),
    "no port": ("expectations: [{from: a, to: b, expect: deny}]\n", ["1:16 Required expectations[0].port"]),
    "types": (
        "manifests: 5\nnamespace: []\nlegacy: sure\nadmission: [a]\noptions: 1\nresolve: x\ndefaults: []\n"
        f"{BASE}}}\n",
        [
            "1:12 TypeInvalid manifests",
            "2:12 TypeInvalid namespace",
            "3:9 TypeInvalid legacy",
            "4:12 TypeInvalid admission",
            "5:10 TypeInvalid options",
            "6:10 TypeInvalid resolve",
            "7:11 TypeInvalid defaults",
        ],
    ),
    "words": (
        "admission: maybe\nexpectations:\n"
        "- {from: a, to: b, port: 1, protocol: tcp, expect: Deny, direction: in, reason: because}\n",
        [
            "1:12 NotSupported admission",
            "3:39 NotSupported expectations[0].protocol",
            "3:52 NotSupported expectations[0].expect",
            "3:69 NotSupported expectations[0].direction",
            "3:81 NotSupported expectations[0].reason",
        ],
    ),
    "options": (
        f"options: {{selfTraffic: perhaps, ipBlockPods: true, selfTrafic: true, untilSynced: []}}\n{BASE}}}\n",
        [
            "1:24 Invalid options.selfTraffic",
            "1:46 Invalid options.ipBlockPods",
            "1:52 UnknownField options.selfTrafic",
            "1:83 TypeInvalid options.untilSynced",
        ],
    ),
    "resolve": (
        f"resolve: {{a.example: [1.2.3.4, 1.2.3], b.example: 5}}\n{BASE}}}\n",
        ["1:32 Invalid resolve.a.example[1]", "1:51 TypeInvalid resolve.b.example"],
    ),
    "ends": (
        "expectations:\n- {from: [a/b/c/d, a b, /a, 10.0.0.1/8, 5, ''], to: [x, x], port: 1, expect: deny}\n",
        [
            "2:11 Invalid expectations[0].from[0]",
            "2:20 Invalid expectations[0].from[1]",
            "2:25 Invalid expectations[0].from[2]",
            "2:29 Invalid expectations[0].from[3]",
            "2:41 TypeInvalid expectations[0].from[4]",
            "2:44 Required expectations[0].from[5]",
            "2:57 Duplicate expectations[0].to[1]",
        ],
    ),
    "ports": (
        "expectations:\n- {from: a, to: b, port: [70000, -1, true, 1.5, null, '', 99999999999999999999999], expect: deny}\n",
        [
            "2:27 Invalid expectations[0].port[0]",
            "2:34 Invalid expectations[0].port[1]",
            "2:38 TypeInvalid expectations[0].port[2]",
            "2:44 TypeInvalid expectations[0].port[3]",
            "2:49 TypeInvalid expectations[0].port[4]",
            "2:55 Required expectations[0].port[5]",
            "2:59 Invalid expectations[0].port[6]",
        ],
    ),
    "protocols": (
        "expectations:\n- {from: a, to: b, port: 1, protocol: [300, TPC], expect: deny}\n",
        ["2:40 Invalid expectations[0].protocol[0]", "2:45 NotSupported expectations[0].protocol[1]"],
    ),
    "icmp": (
        "expectations:\n- {from: a, to: b, icmp: {code: 300}, expect: deny}\n"
        "- {from: a, to: b, icmp: {type: 3}, protocol: TCP, expect: deny}\n"
        "- {from: a, to: b, icmp: 3, port: 5, expect: deny}\n",
        [
            "2:26 Required expectations[0].icmp.type",
            "2:33 Invalid expectations[0].icmp.code",
            "3:26 Forbidden expectations[1].icmp",
            "4:35 Forbidden expectations[2].port",
        ],
    ),
    "fragment": (f"{BASE}, fragment: true}}\n", ["2:26 Forbidden expectations[0].port"]),
    "range": (
        "expectations:\n- {from: 10.0.0.0/8, to: 10.0.0.0/8, port: 1, expect: deny}\n"
        "- {from: 10.0.0.0/8, to: b, port: 1, direction: ingress, expect: deny}\n"
        "- {from: 10.0.0.0/8, to: b, protocol: ICMP, expect: deny}\n",
        [
            "2:26 Forbidden expectations[0].to",
            "3:10 Forbidden expectations[1].from",
            "4:10 Forbidden expectations[2].from",
        ],
    ),
    "only": (
        "expectations:\n- {from: a, to: b, port: 1, expect: deny, only: true}\n"
        "- {from: a, to: c/*, port: 1, expect: allow, only: true}\n"
        "- {from: a, to: d, protocol: ICMP, expect: allow, only: true}\n",
        [
            "2:49 Forbidden expectations[0].only",
            "3:52 Forbidden expectations[1].only",
            "4:57 Forbidden expectations[2].only",
        ],
    ),
    "contradiction": (
        "expectations:\n- {from: a, to: b, port: 1, expect: deny}\n- {from: [c, a], to: b, port: 1, expect: allow}\n",
        ["3:3 Duplicate expectations[1]"],
    ),
    "defaults": (
        "defaults: {expect: perhaps, name: x}\nexpectations:\n- {from: a, to: b, port: 1}\n- {from: b, to: b, port: 1}\n",
        ["1:20 NotSupported defaults.expect", "1:29 UnknownField defaults.name"],
    ),
    "alias of itself": ("expectations: &a [*a]\n", ["1:15 TypeInvalid expectations[0]"]),
    "too many": (
        f"expectations:\n- {{from: [{', '.join(f'a{n}' for n in range(400))}], "
        f"to: [{', '.join(f'b{n}' for n in range(400))}], port: 1, expect: deny}}\n",
        ["2:3 TooMany expectations[0]"],
    ),
    "aliases": (
        f"expectations:\n- &e {{from: [{', '.join(f'a{n}' for n in range(2000))}], to: b, port: 1}}\n"
        + "- *e\n" * 2000,
        ["2:13 TooMany"],
    ),
    "deep": ("[" * 20_000, ["- syntax"]),
}

# What only makes sense together is beyond JSON Schema, and so is what is said twice.
BEYOND_SCHEMA = {
    "nothing said",
    "no port",
    "twice",
    "fragment",
    "range",
    "only",
    "contradiction",
    "too many",
    "two documents",
    "alias of itself",
    "aliases",
    "merge key",
    "resolve",
}


@pytest.mark.parametrize("name", WRONG)
def test_everything_wrong_is_told_with_its_place(name: str) -> None:
    text, faults = WRONG[name]
    with pytest.raises(netpol.RefusedError) as refused:
        expectations.loads(text, name="x.netpol.yaml")
    told = refused.value.diagnostics
    found = [f"{one.location or '-'} {one.kind or one.type} {one.path or ''}".strip() for one in told]
    assert found == faults
    for one in told:
        assert one.message in refused.value.report
        assert str(one).startswith("x.netpol.yaml:")


@pytest.mark.parametrize("name", sorted(set(WRONG) - BEYOND_SCHEMA))
def test_the_schema_refuses_too(name: str) -> None:
    text, faults = WRONG[name]
    if not any(fault.endswith("syntax") for fault in faults):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(plain(text), SCHEMA)


@pytest.mark.parametrize("path", sorted(ROOT.glob("netpol-*/examples/**/*.netpol.yaml")), ids=str)
def test_the_schema_takes_files_that_are_taken(path: Path) -> None:
    jsonschema.validate(plain(path.read_text()), SCHEMA)


def plain(text: str) -> Any:
    """A text as YAML 1.2 has it, which is what editors read."""
    from netpol.expectations._nodes import _Loader

    return yaml.load(text, _Loader)


def test_the_schema_has_the_words_of_the_package() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    entry = SCHEMA["definitions"]["expectation"]["properties"]
    assert entry["reason"]["enum"] == [str(reason) for reason in netpol.Reason]
    options = SCHEMA["properties"]["options"]["properties"]
    assert list(options) == list(netpol.Options().to_dict())
    for name, rule in options.items():
        for value in rule.get("enum", [True, False]):
            netpol.Options.from_dict({name: value})
    from netpol.expectations import _reading

    assert set(entry) == set(_reading.ENTRY_FIELDS)
    assert set(SCHEMA["properties"]) == set(_reading.FILE_FIELDS)
    assert set(SCHEMA["properties"]["defaults"]["properties"]) == set(_reading.DEFAULT_FIELDS)


def test_the_report_shows_the_line() -> None:
    with pytest.raises(netpol.RefusedError) as refused:
        expectations.loads("expectations:\n- {from: ä, to: b, port: 1, expect: denied}\n", name="x")
    assert refused.value.report == (
        "error: expectations[0].expect: Unsupported value: \"denied\": supported values: allow, deny;"
        " did you mean `deny`?\n"
        " --> x:2:37\n"
        "  |\n"
        "2 | - {from: ä, to: b, port: 1, expect: denied}\n"
        "  |                                     ^^^^^^\n"
    )


def test_a_thousand_faults_are_enough() -> None:
    text = "expectations:\n" + "- {from: a, to: b}\n" * 5000
    with pytest.raises(netpol.RefusedError) as refused:
        expectations.loads(text)
    assert len(refused.value.diagnostics) == 1000


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(netpol.RefusedError, match="not UTF-8, at byte 0"):
        expectations.loads(b"\xff")
    with pytest.raises(netpol.RefusedError, match="larger than"):
        expectations.loads(b"#" * (2 << 20))
    assert expectations.loads(b"\xef\xbb\xbf" + BASE.encode() + b"}\r\n").expectations


def test_the_same_question_twice_is_told() -> None:
    file = expectations.loads(f"{BASE}}}\n- {{from: [a, c], to: b, port: 1, expect: deny}}\n")
    (warning,) = file.warnings
    assert not warning.is_error and str(warning.location) == "3:3"
    assert "default/a -> default/b:1 is asked in line 2 too" in warning.message


def test_paths_are_those_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "expectations").mkdir()
    (tmp_path / "k8s").symlink_to(shop.SHOP)
    file = tmp_path / "expectations" / "a.netpol.yaml"
    file.write_text(f"manifests: [../k8s/*.yaml, ../k8s]\n{BASE}}}\n")
    monkeypatch.chdir(tmp_path)
    read = expectations.read(os.path.relpath(file))
    assert read.manifest_paths() == ("k8s/policies.yaml", "k8s/workloads.yaml", "k8s")
    file.write_text(f"manifests: ../k8z/*.yaml\n{BASE}}}\n")
    with pytest.raises(netpol.NetpolError, match="nothing is at `k8z/\\*.yaml`"):
        expectations.read(os.path.relpath(file)).engine()
    file.write_text(f"{BASE}}}\n")
    with pytest.raises(netpol.NetpolError, match="names no manifests"):
        expectations.read(file).engine()
    with pytest.raises(FileNotFoundError):
        expectations.read(tmp_path / "no.netpol.yaml")


def test_files_of_expectations_beside_manifests_are_none(tmp_path: Path) -> None:
    for name in ("policies.yaml", "workloads.yaml"):
        (tmp_path / name).symlink_to(shop.SHOP / name)
    entry = "{from: shop/web, to: shop/db, port: postgres, expect: deny}"
    (tmp_path / "shop.netpol.yaml").write_text(f"manifests: .\nexpectations: [{entry}]\n")
    file = expectations.read(tmp_path / "shop.netpol.yaml")
    assert [outcome.status for outcome in file.check()] == [Status.PASSED]


def test_find(tmp_path: Path) -> None:
    for name in ("b.netpol.yaml", "a.netpol.yml", "c.yaml", ".git/d.netpol.yaml", "e/f.netpol.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = expectations.find(tmp_path, tmp_path / "c.yaml", tmp_path / "e")
    names = [os.path.relpath(path, tmp_path) for path in found]
    assert names == ["a.netpol.yml", "b.netpol.yaml", "e/f.netpol.yaml", "c.yaml"]
    with pytest.raises(FileNotFoundError):
        expectations.find(tmp_path / "z")


def test_manifests_that_are_odd_or_refused(tmp_path: Path) -> None:
    (tmp_path / "policies.yaml").symlink_to(shop.SHOP / "policies.yaml")
    file = tmp_path / "a.netpol.yaml"
    file.write_text(f"manifests: policies.yaml\n{BASE}}}\n")
    with pytest.warns(netpol.ManifestWarning, match="the namespace was never loaded"):
        expectations.read(file).engine()
    (tmp_path / "broken.yaml").write_text("kind: NetworkPolcy\napiVersion: networking.k8s.io/v1\n")
    with pytest.raises(netpol.RefusedError, match="did you mean `NetworkPolicy`"):
        expectations.read(file).engine(tmp_path / "broken.yaml")


def test_options_and_domains_reach_the_engine(tmp_path: Path) -> None:
    pod = tmp_path / "pod.json"
    pod.write_text(json.dumps(shop.pod("db", "10.0.0.1")))
    text = f"""\
manifests: {pod}
options: {{selfTraffic: false, untilSynced: deny}}
expectations: [{{from: shop/db, to: shop/db, port: 22, expect: deny}}]
"""
    file = expectations.loads(text)
    cluster, told = file.load()
    assert cluster.options == netpol.Options(self_traffic=False, until_synced="deny") and not told
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: out}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress:
  - {action: Accept, to: [{domainNames: [example.org]}]}
  - {action: Deny, to: [{networks: [0.0.0.0/0]}]}
"""
    )
    text = f"""\
manifests: [{pod}, {policy}]
resolve: {{example.org: 192.0.2.1}}
expectations:
- {{from: shop/db, to: 192.0.2.1, port: 443, expect: allow, by: out}}
- {{from: shop/db, to: 192.0.2.2, port: 443, expect: deny, by: ClusterNetworkPolicy out}}
"""
    with pytest.warns(netpol.ManifestWarning):
        assert [str(one) for one in expectations.loads(text).check() if one.message] == []

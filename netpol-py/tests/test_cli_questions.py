"""`netpol decide` and `netpol explain`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import netpol as package
import pytest

from . import shop
from .cases import ROOT, TESTDATA
from .command import SHOP, netpol, process



# Questions, with the first line of the answer and the exit code. The Rust example answers the same.
DOCUMENTED = [
    (f"-f {SHOP} --from shop/api --to shop/db --port postgres", "allow", 0),
    (f"-f {SHOP} --from shop/web --to shop/db --port 5432", "deny", 1),
    (f"-f {SHOP} --from shop/web --to shop/db -p 5432 --explain", "deny", 1),
    (f"-f {SHOP} --from deployment/shop/api --to statefulset/shop/db -p 5432", "allow", 0),
    (f"-f {SHOP} --from 192.0.2.7 --to shop/web -p http", "allow", 0),
    (f"-f {SHOP} --from 2001:db8::1 --to shop/web -p 8080", "allow", 0),
    (f"-f {SHOP} --from shop/db --to 10.20.99.7 -p 443", "deny", 1),
    (f"-f {SHOP} --from shop/db --to 10.20.98.7 -p 443", "allow", 0),
    (f"-f {SHOP} --from shop/web --to shop/db --protocol ICMP", "deny", 1),
    (f"-f {SHOP} --from shop/web --to 2001:db8::1 --protocol icmp --explain", "allow", 0),
    (f"-f {SHOP} --from shop/web --to shop/db -p 53 --protocol udp", "deny", 1),
    (f"-f {SHOP} --from shop/api --to shop/db -p 5432 -o json", '{"verdict": "allow"}', 0),
    (f"-f {SHOP} --from shop/api --to shop/db -p 5432 -o json --explain", "{", 0),
    (f"-f {SHOP}/policies.yaml {SHOP}/workloads.yaml --from shop/api --to shop/db -p 5432", "allow", 0),
    (f"-f {SHOP}/policies.yaml -f {SHOP}/workloads.yaml --from shop/api --to shop/db -p 5432", "allow", 0),
    (f"-f {SHOP} --stored --legacy --from shop/web --to shop/db -p 5432", "allow", 0),
    (f"-f {SHOP} --resolve example.org=192.0.2.1,2001:db8::1 --from shop/web --to shop/db -p 1", "deny", 1),
    (f"-f {SHOP} --from shop/we --to shop/db -p 1", "", 2),
    (f"-f {SHOP} --from web --to shop/db -p 1", "", 2),
    (f"-f {SHOP} --from shop/web --to shop/db -p psql", "", 2),
    (f"-f {SHOP} --from shop/web --to shop/db -p 70000", "", 2),
    (f"-f {SHOP} --from shop/web --to shop/db -p -1", "", 2),
    (f"-f {SHOP} --from shop/web --to shop/db -p 80 --protocol TPC", "", 2),
    (f"-f {SHOP} --from shop/web --to shop/db -p 80 --protocol ICMP", "", 2),
    (f"-f {SHOP} --from shop/web --to 10.0.0.1 -p http", "", 2),
    (f"-f {SHOP} --from 10.0.0.1 --to fd00::1 -p 80", "", 2),
    (f"-f {SHOP} --from shop/web --to shop/db", "", 2),
    (f"-f {SHOP} --to shop/db -p 1", "", 2),
    (f"-f {SHOP} --from shop/db -p 1", "", 2),
    ("--from shop/web --to shop/db -p 1", "", 2),
    (f"-f {SHOP} --from shop/web --to shop/db -p 1 --resolve example.org", "", 2),
    (f"-f {SHOP} --from shop/web --to shop/db -p 1 --resolve example.org=192.0.2", "", 2),
    (f"-f {SHOP} --from shop/web --to shop/db -p 1 -o yaml", "", 2),
    (f"-f {SHOP} --from shop/web --to shop/db -p 1 --explian", "", 2),
    ("-f nowhere --from shop/web --to shop/db -p 1", "", 2),
    ("-f netpol-core/testdata/invalid/wrong-group.yaml --from 192.0.2.1 --to 192.0.2.2 -p 1", "", 2),
]


@pytest.mark.parametrize(("line", "first", "code"), DOCUMENTED)
def test_documented_answers(line: str, first: str, code: int) -> None:
    ran = netpol("decide", *shlex.split(line))
    assert (ran.out.partition("\n")[0], ran.code) == (first, code), ran.err
    assert bool(ran.err) == (code == 2)


def example() -> Path | None:
    """The Rust example, if it was built."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [target / profile / "examples" / "decide" for profile in ("release", "debug")]
    return next((path for path in built if path.exists()), None)


@pytest.mark.parametrize("line", [line for line, _, _ in DOCUMENTED])
def test_the_rust_example_answers_the_same(line: str) -> None:
    built = example()
    if built is None:
        pytest.skip("the example `decide` is not built: cargo build --examples -p netpol-core")
    theirs = subprocess.run([built, *shlex.split(line)], cwd=ROOT, capture_output=True, check=False)
    ours = netpol("decide", *shlex.split(line))
    assert (ours.code, ours.out) == (theirs.returncode, theirs.stdout.decode()), theirs.stderr


def test_explain_is_decide_with_an_explanation() -> None:
    line = f"-f {SHOP} --from shop/web --to shop/db -p 5432"
    explained = netpol("explain", *line.split())
    assert explained == netpol("decide", "--explain", *line.split())
    assert "nearest: NetworkPolicy shop/db spec.ingress[0]" in explained.out
    plain = json.loads(netpol("explain", *line.split(), "-o", "json").out)
    assert plain["verdict"] == "deny" and plain["ingress"]["nearestMiss"]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("--direction egress -p 5432", "allow"),
        ("--direction ingress -p 5432", "deny"),
        ("--fragment", "deny"),
        ("--icmp 3/4", "deny"),
        ("--icmp 3 --protocol ICMPv6", "deny"),
        ("--protocol 47", "deny"),
        ("-p 5432 --via-service", "deny"),
        ("--direction egress --protocol 47", "allow"),
    ],
)
def test_more_than_the_example_asks(line: str, verdict: str) -> None:
    ran = netpol("explain", "-f", SHOP, "--from", "shop/web", "--to", "shop/db", *line.split())
    assert ran.out.startswith(f"{verdict}\n"), ran.err
    assert ran.code == (verdict == "deny")
    if "--direction" in line:
        assert ("ingress to" in ran.out) != ("egress from" in ran.out)


@pytest.mark.parametrize("icmp", ["x", "3/", "300", "3/300", "-1", ""])
def test_messages_of_icmp_that_are_none(icmp: str) -> None:
    ran = netpol("decide", "-f", SHOP, "--from", "shop/web", "--to", "shop/db", f"--icmp={icmp}")
    assert ran.code == 2 and ran.err


def test_a_name_without_a_namespace_is_one_of_the_chosen_namespace() -> None:
    ran = netpol("decide", "-f", SHOP, "-n", "shop", "--from", "api", "--to", "db", "-p", "5432")
    assert ran.out == "allow\n"


def test_warnings_do_not_get_into_the_answer() -> None:
    ran = netpol(
        "decide", "-f", f"{SHOP}/policies.yaml", "--from", "10.0.0.1", "--to", "10.0.0.2", "-p1", "-o", "json"
    )
    assert json.loads(ran.out) == {"verdict": "allow"} and ran.code == 0
    assert ran.err.startswith("warning: Namespace shop:")


def queries(text: str, *more: str, folder: Path = ROOT) -> tuple[int, list[dict[str, object]], str]:
    ran = netpol("decide", "-f", SHOP, "-n", "shop", "--queries", "-", *more, stdin=text, folder=folder)
    return ran.code, [json.loads(line) for line in ran.out.splitlines()], ran.err


def test_queries() -> None:
    code, answers, err = queries(
        '{"from": "api", "to": "db", "port": "postgres", "id": {"any": [1]}}\n'
        "\n"
        '{"from": "web", "to": "db", "port": 5432, "direction": "egress"}\r\n'
        '{"from": "web", "to": "10.20.0.1", "protocol": "ICMP", "icmp": [3, 4], "viaService": false}'
    )
    assert (code, err) == (0, "")
    assert answers == [
        {"line": 1, "id": {"any": [1]}, "verdict": "allow"},
        {"line": 3, "verdict": "allow"},
        {"line": 4, "verdict": "allow"},
    ]
    assert queries('{"from": "web", "to": "db", "port": 1}')[0] == 1
    assert queries("") == (0, [], "")


def test_queries_with_explanations() -> None:
    code, (answer,), _ = queries('{"from": "web", "to": "db", "port": 5432}', "--explain")
    engine = package.load(shop.SHOP)
    assert code == 1 and answer["verdict"] == "deny"
    assert answer["explanation"] == engine.explain("shop/web", "shop/db", port=5432).to_dict()


BAD = {
    "{": "invalid JSON: Expecting property name",
    "[1]": "a question is an object",
    '{"from": "web"}': "field `to` is missing",
    '{"from": 5, "to": "db"}': "field `from` must be a text",
    '{"form": "web"}': "unknown field `form`: did you mean `from`?",
    '{"zzz": "web"}': "unknown field `zzz`: there are id, from, to",
    '{"from": "web", "from": "api", "to": "db"}': "field `from` is there twice",
    '{"from": "web", "to": "db"}': "needs `port`",
    '{"from": "web", "to": "db", "port": 70000}': "70000 is no port",
    '{"from": "web", "to": "db", "port": 1e400}': "port must be a number",
    '{"from": "web", "to": "db", "port": true}': "port must be a number",
    '{"from": "web", "to": "db", "port": 18446744073709551616}': "18446744073709551616 is no port",
    '{"from": "web", "to": "db", "port": 1, "protocol": "TPC"}': "unknown protocol `TPC`",
    '{"from": "web", "to": "db", "port": 1, "direction": ["in"]}': "direction must be",
    '{"from": "web", "to": "db", "icmp": [3, 400]}': "field `icmp` must be [type, code]",
    '{"from": "web", "to": "db", "icmp": 3}': "field `icmp` must be [type, code]",
    '{"from": "web", "to": "db", "fragment": 1}': "field `fragment` must be true or false",
    '{"from": "we\\u001b[31m", "to": "db", "port": 1}': "no endpoint `shop/we\x1b[31m`",
    '{"from": "web", "to": "db", "port": "' + "9" * 5000 + '"}': "is no port: 0 to 65535",
    '{"id": ' + "9" * 5000 + "}": "invalid JSON: ",
    "[" * 100_000: "invalid JSON: too deeply nested",
    '{"from": "' + "x" * (1 << 20) + '"}': "the line is longer than 1048576 bytes",
    "\udcff": "invalid JSON: ",
}


def test_bad_lines_are_told_and_the_rest_is_answered() -> None:
    good = '{"from": "api", "to": "db", "port": 5432}'
    lines = [good, *[line for bad in BAD for line in (bad, good)]]
    text = "\n".join(lines).encode(errors="surrogateescape")
    ran = netpol("decide", "-f", SHOP, "-n", "shop", "--queries", "-", stdin=text)
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 2 and len(answers) == len(lines)
    assert [answer["line"] for answer in answers] == list(range(1, len(lines) + 1))
    assert all(answer["verdict"] == "allow" for answer in answers[::2])
    for answer, (bad, message) in zip(answers[1::2], BAD.items(), strict=True):
        assert message in answer["error"], bad[:80]
    assert len(ran.err.splitlines()) == len(BAD) and "\x1b" not in ran.err
    assert ran.err.startswith("error: <stdin>:2: invalid JSON")


def test_queries_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "queries.jsonl"
    file.write_text('{"from": "shop/web", "to": "shop/db", "port": 5432}\nx\n')
    ran = netpol("decide", "-f", SHOP, "--queries", str(file))
    assert ran.code == 2 and f"{file}:2: invalid JSON" in ran.err
    assert netpol("decide", "-f", SHOP, "--queries", str(tmp_path / "no")).code == 2


def test_answers_come_as_soon_as_there_are_questions() -> None:
    import sys

    with subprocess.Popen(
        [sys.executable, "-m", "netpol", "decide", "-f", SHOP, "--queries", "-"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as asked:
        assert asked.stdin is not None and asked.stdout is not None
        for _ in range(3):
            asked.stdin.write(b'{"from": "shop/web", "to": "shop/db", "port": 5432}\n')
            asked.stdin.flush()
            assert json.loads(asked.stdout.readline())["verdict"] == "deny"
        asked.stdin.close()
        assert asked.wait(30) == 1


@pytest.mark.parametrize(
    "line",
    [
        "--queries - --from shop/web",
        "--queries - -p 1",
        "-f - --queries -",
        "-f - -f -",
    ],
)
def test_questions_that_contradict_themselves(line: str) -> None:
    ran = netpol("decide", "-f", SHOP, *line.split())
    assert ran.code == 2 and ran.err.startswith("error: ")


def test_manifests_from_everywhere(tmp_path: Path) -> None:
    ask = ["--from", "shop/web", "--to", "shop/db", "-p", "5432"]
    text = "---\n".join((shop.SHOP / name).read_text() for name in ("policies.yaml", "workloads.yaml"))
    assert netpol("decide", "-f", "-", *ask, stdin=text).code == 1
    assert netpol("decide", "-f", f"{SHOP}/*.yaml", *ask).code == 1
    assert netpol("decide", "-R", "-f", "netpol-core/ex*/**/policies.yaml", f"{SHOP}/w*.yaml", *ask).code == 1
    none = netpol("decide", "-f", f"{SHOP}/*.yml", *ask)
    assert none.code == 2 and "matches no file" in none.err
    broken = netpol("decide", "-f", "-", *ask, stdin="kind: NetworkPolcy\napiVersion: networking.k8s.io/v1\n")
    assert broken.code == 2 and "1 | kind: NetworkPolcy" in broken.err and not broken.out
    empty = netpol("decide", "-f", "-", "--from", "10.0.0.1", "--to", "10.0.0.2", "-p", "1", stdin="")
    assert empty.code == 0 and "there are no objects in -" in empty.err


def test_options_by_name() -> None:
    ask = ["decide", "-f", "-", "--from", "10.0.0.1", "--to", "10.0.0.1", "-p", "1"]
    pod = json.dumps({"apiVersion": "v1", "kind": "List", "items": [shop.pod("db", "10.0.0.1")]})
    deny = TESTDATA / "articles" / "000-2-default-deny-ingress.yaml"
    policy = deny.read_text()
    ask += ["-f", str(deny), "-n", "shop", "--stored"]
    assert "namespace" not in policy
    assert netpol(*ask, stdin=pod).out == "allow\n"
    for spelt in ("selfTraffic=false", "self_traffic=FALSE", "self-traffic=false"):
        assert netpol(*ask, "--option", spelt, stdin=pod).out == "deny\n"
    wrong = netpol(*ask, "--option", "selfTraffic", "--option", "a=b", "--option", "ipBlockPods=1", stdin=pod)
    assert wrong.code == 2
    for part in ("`selfTraffic` is not NAME=VALUE", "no option `a`; there are ownNodeIngress", "ipBlockPods: "):
        assert part in wrong.err


def test_python_runs_it_as_a_module() -> None:
    ran = process(["decide", "-f", SHOP, "--from", "shop/web", "--to", "shop/db", "-p", "5432"])
    assert (ran.code, ran.out, ran.err) == (1, "deny\n", "")

"""What a new user does: the walk of the README, and the repository that is there to be copied."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .cases import ROOT

README = ROOT / "netpol-py" / "README.md"
EXAMPLE = ROOT / "netpol-py" / "examples" / "shop"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One in which the installed commands are found, and a checkout is at home."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "netpol").symlink_to(ROOT)
    commands = Path(sys.executable).parent
    assert (commands / "netpol").exists(), "the package is not installed"
    hidden = ("NO_COLOR", "FORCE_COLOR", "PY_COLORS")
    plain = {name: value for name, value in os.environ.items() if name not in hidden}
    return {
        **plain,
        "PATH": f"{commands}:{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        # A new user does not have Hypothesis, which takes half a second to start.
        "PYTEST_ADDOPTS": "-p no:hypothesispytest",
    }


def shell(line: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=100,
    )


def section(name: str) -> str:
    """A section of the README."""
    found = re.search(rf"^## {name}$(.*?)^## ", README.read_text(), re.M | re.S)
    assert found is not None
    return found[1]


def walk(text: str, folder: Path, environment: dict[str, str]) -> int:
    """Writes the files and runs the commands that a text shows, in their order, and returns how many
    commands there were. Each must print what the text shows."""
    commands = 0
    for language, body in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S):
        if language != "console":
            path = folder / body.partition("\n")[0].removeprefix("# ")
            assert path.suffix in (".yaml", ".py"), body
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body)
            continue
        for line, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", body, re.M):
            commands += 1
            ran = shell(line, folder, environment)
            matches = doctest.OutputChecker().check_output(expected, ran.stdout, doctest.ELLIPSIS)
            assert matches, f"$ {line}\n{ran.stdout}"
    return commands


def test_the_walk_of_the_readme(tmp_path: Path, environment: dict[str, str]) -> None:
    """Writes a policy test that fails, and mends the policy, with what the README says alone."""
    folder = tmp_path / "work"
    folder.mkdir()
    assert walk(section("Test before rollout"), folder, environment) == 6
    assert walk(section("On the command line"), folder, environment) == 3
    assert (folder / "netpol.sarif").stat().st_size > 100


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The repository to copy, copied."""
    folder = tmp_path / "copied"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    return folder


def readme_commands() -> list[str]:
    text = (EXAMPLE / "README.md").read_text()
    lines = [line for block in re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S) for line in block.splitlines()]
    return [line.partition("#")[0].strip() for line in lines if not line.startswith("pip ")]


@pytest.mark.parametrize("line", [line for line in readme_commands() if "|" not in line])
def test_what_the_copied_repository_says_works(
    line: str, copied: Path, environment: dict[str, str]
) -> None:
    ran = shell(line, copied, environment)
    assert ran.returncode == (1 if line.startswith("netpol explain") else 0), ran.stdout
    assert ran.stdout


def steps(copied: Path) -> list[str]:
    """The commands that the snippets for CI systems run."""
    github = yaml.safe_load((copied / ".github" / "workflows" / "policies.yaml").read_text())
    gitlab = yaml.safe_load((copied / ".gitlab-ci.yml").read_text())
    lines = [step["run"] for step in github["jobs"]["policies"]["steps"] if "run" in step]
    lines += gitlab["policies"]["before_script"] + gitlab["policies"]["script"]
    return [line for line in lines if not line.startswith("pip install")]


def test_the_snippets_for_ci_pass_and_fail(copied: Path, environment: dict[str, str]) -> None:
    lines = steps(copied)
    assert len(lines) == 4
    for line in lines:
        ran = shell(line, copied, environment)
        assert ran.returncode == 0, f"$ {line}\n{ran.stdout}"
    assert (copied / "netpol.sarif").exists() and (copied / "netpol.xml").exists()
    # A policy that lets everybody in is found out by pytest and by `netpol test`.
    policy = copied / "k8s" / "policies" / "db.yaml"
    policy.write_text(policy.read_text().replace("{app: api}", "{}"))
    codes = [(line, shell(line, copied, environment).returncode) for line in lines]
    assert all(code == (not line.startswith("netpol check")) for line, code in codes), codes
    # One that kube-apiserver would refuse is found out by `netpol check`, and holds for nothing.
    policy.write_text(policy.read_text().replace("podSelector", "podselector"))
    assert all(shell(line, copied, environment).returncode for line in lines)


@pytest.mark.parametrize("name", ["default-deny", "web", "api", "db"])
def test_every_policy_of_the_copied_repository_is_held(
    name: str, copied: Path, environment: dict[str, str]
) -> None:
    """No policy can go without a test that fails."""
    (copied / "k8s" / "policies" / f"{name}.yaml").unlink()
    assert shell("netpol test", copied, environment).returncode == 1 or name == "default-deny"
    assert shell("pytest -q", copied, environment).returncode == 1


def test_the_copied_manifests_are_of_the_other_example() -> None:
    """Nobody mends one of them and forgets the other."""
    other = ROOT / "netpol-core" / "examples" / "shop"
    mine, theirs = (
        {str(document) for path in paths for document in yaml.safe_load_all(path.read_text())}
        for paths in ((EXAMPLE / "k8s").rglob("*.yaml"), other.glob("*.yaml"))
    )
    assert mine <= theirs

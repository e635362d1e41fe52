"""What CI installs is what was looked at: each library at one version, with the hashes of its files."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINS = [ROOT / ".ci" / name for name in ("requirements.txt", "audit.txt", "binary.txt")]


def pinned(path: Path) -> dict[str, tuple[str, list[str]]]:
    """By name, the version and the hashes of its files."""
    entries = re.split(r"\n(?=\S)", path.read_text().strip())
    parts = (re.match(r"([a-z0-9.-]+)==([^\s;]+)([^\\]*)", one) for one in entries)
    return {
        one[1]: (one[2], re.findall(r"--hash=sha256:([0-9a-f]{64})\b", text))
        for one, text in zip(parts, entries, strict=True)
        if one
    }


@pytest.mark.parametrize("path", PINS, ids=lambda one: one.name)
def test_every_library_has_one_version_and_its_hashes(path):
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith(" ")]
    found = pinned(path)
    assert len(found) == len(lines) > 20
    assert all(hashes for _, hashes in found.values())


@pytest.mark.parametrize("path", PINS, ids=lambda one: one.name)
def test_no_registry_is_named(path):
    assert not re.search(r"://|--index|--extra-index|--find-links|--trusted-host| @ ", path.read_text())


def test_all_that_the_project_asks_for_is_pinned_within_its_bounds():
    found = pinned(PINS[0])
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["test"]]
    for one in map(Requirement, [*asked, *PROJECT["build-system"]["requires"]]):
        version, _ = found[re.sub(r"[-_.]+", "-", one.name).lower()]
        assert one.specifier.contains(version), f"{one} is pinned at {version}: run .ci/pin"


def test_the_one_file_carries_what_the_tests_have_run_with():
    tested, carried = (pinned(path) for path in (PINS[0], PINS[2]))
    for one in map(Requirement, PROJECT["project"]["dependencies"]):
        assert carried[one.name] == tested[one.name], f"{one} is pinned twice: run .ci/pin"
    assert all(carried[name] == tested[name] for name in carried.keys() & tested.keys())


def test_the_hashes_are_asked_for():
    lines = [line for name in ("run", "build-binary") for line in (ROOT / ".ci" / name).read_text().splitlines()]
    installs = [line for line in lines if re.search(r"bin/pip\b.* install ", line)]
    open_ones = [line for line in installs if "--require-hashes" not in line]
    assert all("growthos-" in line for line in open_ones)
    assert len(installs) - len(open_ones) == len(PINS)


def test_actions_are_pinned_by_commit():
    used = re.findall(r"uses: (.*)", (ROOT / ".github" / "workflows" / "release.yml").read_text())
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v[\d.]+", one) for one in used)


def test_few_libraries_are_needed():
    """A new one is looked at before it comes in: whoever adds it writes it down here."""
    names = {Requirement(one).name for one in PROJECT["project"]["dependencies"]}
    assert names == {
        "certifi",
        "duckdb",
        "filelock",
        "google-auth",
        "httpx",
        "jinja2",
        "platformdirs",
        "pyarrow",
        "pydantic",
        "pyrate-limiter",
        "python-dotenv",
        "rich",
        "tenacity",
        "tomlkit",
        "typer",
        "tzdata",
        "xlsxwriter",
    }


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", 0, "NOT AUDITED"),
        ("no connection", 0, "NOT AUDITED"),
        (json.dumps({"dependencies": [{"name": "a", "skip_reason": "not found"}]}), 0, "NOT AUDITED"),
        (
            json.dumps(
                {"dependencies": [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "x"}]}
            ),
            0,
            "1 of 2 packages audited, no advisory",
        ),
        (
            json.dumps(
                {
                    "dependencies": [
                        {"name": "b", "skip_reason": "x"},
                        {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]},
                    ]
                }
            ),
            1,
            "a 1: PYSEC-1, mended in 2",
        ),
    ],
)
def test_an_advisory_ends_the_build_and_silence_does_not(capsys, text, code, says):
    made = importlib.util.spec_from_file_location("advisories", ROOT / ".ci" / "advisories.py")
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    assert module.main(text) == code
    assert says in capsys.readouterr().out

"""The 52 traps of these four APIs, each with the tests that fail where it is not avoided, or why it cannot spring.

traps.json is the table: `tests` are test functions by file and class, `decision` is a sentence of the README's.
"""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRAPS = json.loads((ROOT / "tests" / "traps.json").read_text("utf-8"))
DECISIONS = (ROOT / "README.md").read_text("utf-8").partition("\n## Decisions\n")[2].partition("\n## ")[0]


def declared_in(file: Path) -> set[str]:
    """Every test of a file, as `tests/test_x.py::TestY::test_z`."""
    place, found = file.relative_to(ROOT).as_posix(), set()
    for node in ast.parse(file.read_text("utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        names = [place, node.name] if isinstance(node, ast.ClassDef) else [place]
        found |= {
            "::".join([*names, one.name])
            for one in inside
            if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
        }
    return found


def test_every_trap_stands_in_the_table():
    assert list(TRAPS) == [str(number) for number in range(1, 53)]
    assert all(set(one) in ({"trap", "tests"}, {"trap", "decision"}) for one in TRAPS.values())


@pytest.mark.parametrize("number", [number for number, one in TRAPS.items() if "tests" in one])
def test_the_tests_of_a_trap_are_there(number):
    named = TRAPS[number]["tests"]
    assert named
    for one in named:
        assert one in declared_in(ROOT / one.partition("::")[0]), one


@pytest.mark.parametrize("number", [number for number, one in TRAPS.items() if "decision" in one])
def test_a_decision_stands_in_the_readme(number):
    assert _plain(TRAPS[number]["decision"]) in _plain(DECISIONS)


def _plain(text: str) -> str:
    """The words alone, however they are wrapped and marked."""
    return re.sub(r"\s+", " ", text.replace("*", "")).strip()

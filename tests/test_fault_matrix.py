"""What may go wrong, row by row, each with what is to come of it and the tests that fail where it does not.

fault_matrix.json is the table, in sections: 5.1 network, 5.2 APIs, 5.3 process, 5.4 disk, 5.5 data, 5.6 clock, runs
side by side, settings and versions, 5.7 the form of answers, 5.8 security.
"""

import json
from collections import Counter

import pytest
from test_traps import ROOT, declared_in

from growthos.errors import ExitCode

ROWS = json.loads((ROOT / "tests" / "fault_matrix.json").read_text("utf-8"))
SIZES = {"5.1": 10, "5.2": 17, "5.3": 7, "5.4": 8, "5.5": 13, "5.6": 12, "5.7": 1, "5.8": 17}


def test_every_row_says_what_is_to_come_of_it():
    assert Counter(one["section"] for one in ROWS) == SIZES
    assert len({one["fault"] for one in ROWS}) == len(ROWS)
    for one in ROWS:
        assert set(one) - {"reason"} >= {"section", "fault", "expected", "exit"}
        assert all(ExitCode(code) for code in one["exit"] if code), one


@pytest.mark.parametrize("row", ROWS, ids=lambda one: one["fault"][:60])
def test_the_tests_of_a_row_are_there(row):
    """A row without a test says why it has none."""
    assert row.get("tests") or row["reason"].endswith("."), "nobody would notice"
    for one in row.get("tests", ()):
        assert one in declared_in(ROOT / one.partition("::")[0]), one

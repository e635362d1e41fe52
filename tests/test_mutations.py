"""The tests are tested: what keeps numbers and secrets safe is taken out, one thing at a time, and a test must fail.

Each change is made in a copy of the project; the same test passes in a copy without it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from test_traps import ROOT

pytestmark = pytest.mark.chaos


class Mutation(NamedTuple):
    """A text of a file, what stands there once it is taken out, and the test that is to notice."""

    file: str
    text: str
    becomes: str
    test: str


MUTATIONS = {
    "a segment is flushed": Mutation(
        "src/growthos/raw.py",
        "os.fsync(file.fileno())",
        "file.flush()",
        "tests/test_raw.py::test_a_segment_is_on_disk_before_it_is_seen_and_its_name_before_it_counts",
    ),
    "its name is flushed": Mutation(
        "src/growthos/raw.py",
        "sync_folder(path.parent)",
        "path.parent.is_dir()",
        "tests/test_raw.py::test_a_segment_is_on_disk_before_it_is_seen_and_its_name_before_it_counts",
    ),
    "the newest version of an order counts": Mutation(
        "sql/staging/stg_shopify__latest_orders.sql",
        "order by utc(version) desc nulls last",
        "order by utc(version)",
        "tests/test_warehouse.py::test_lines_of_an_older_version_do_not_come_back",
    ),
    "of two readings of a day the newest counts": Mutation(
        "src/growthos/state.py",
        "for unit in reversed(units):",
        "for unit in units:",
        "tests/test_plan.py::TestLoads::test_of_each_day_the_newest_unit_speaks",
    ),
    "secrets are cut out": Mutation(
        "src/growthos/redact.py",
        "if len(secret) < SHORTEST or secret in self._secrets:",
        "if secret:",
        "tests/test_api.py::TestSecrets::test_no_fault_lets_a_token_out",
    ),
    "nobody follows to another host": Mutation(
        "src/growthos/connectors/wire/careful.py",
        "follow_redirects=False",
        "follow_redirects=True",
        "tests/test_api.py::TestGuards::test_a_redirect_is_named_and_not_followed",
    ),
    "no token goes out in plain text": Mutation(
        "src/growthos/connectors/address.py",
        'parts.scheme == "http" and host not in LOOPBACK',
        "not host",
        "tests/test_api.py::TestGuards::test_plain_http_goes_nowhere_but_here",
    ),
    "certificates are verified": Mutation(
        "src/growthos/connectors/wire/line.py",
        "HTTPTransport(trust_env=False)",
        "HTTPTransport(trust_env=False, verify=False)",
        "tests/test_network.py::TestCertificates::test_one_that_cannot_be_trusted_ends_the_source_at_once",
    ),
    "headers have a deadline": Mutation(
        "src/growthos/connectors/wire/careful.py",
        "transport or self._line.transport()",
        "transport or httpx.HTTPTransport(trust_env=False)",
        "tests/test_network.py::TestSlow::test_headers_that_trickle_in_end_at_the_deadline",
    ),
    "every byte of a segment is sealed": Mutation(
        "src/growthos/raw_check.py",
        "if not raw_seal.is_whole(path):",
        "if not path.exists():",
        "tests/test_damage.py::test_no_flipped_bit_goes_unseen",
    ),
    "bodies are hashed": Mutation(
        "src/growthos/raw_check.py",
        "if found != {one.seq",
        "if not {one.seq",
        "tests/test_raw.py::test_another_body_in_a_file_that_is_sealed_again_is_seen_when_bodies_are_read",
    ),
    "one run holds a home": Mutation(
        "src/growthos/lock.py",
        "with FileLock(home.lock, timeout=0, mode=0o600), _folder(home), interrupt",
        "with interrupt",
        "tests/test_exit_codes.py::test_it_ends_with_its_code_and_says_what_where_why_and_what_to_do[somebody_is_at_work]",
    ),
    "nobody gets in by deleting a file": Mutation(
        "src/growthos/lock.py",
        "_folder(home), interrupt",
        "interrupt",
        "tests/test_lock.py::test_a_file_that_is_deleted_during_a_run_lets_nobody_in",
    ),
    "a list that goes in circles is noticed": Mutation(
        "src/growthos/connectors/trail.py",
        "if cursor in self._cursors:",
        "if not cursor:",
        "tests/test_shopify.py::TestNestedLists::test_a_list_without_end_is_noticed",
    ),
    "a wrong clock is put right": Mutation(
        "src/growthos/clock.py",
        "return self.inner.now() + self.off",
        "return self.inner.now()",
        "tests/test_clock.py::test_a_server_that_says_no_year_of_ours_is_not_believed",
    ),
}


@pytest.fixture
def copy(tmp_path) -> Path:
    for name in ("src", "sql", "tests", "golden"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def passes(copy: Path, test: str) -> bool:
    """Whether a test passes there; anything but passing and failing is an error of this test."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", test]
    given = {**os.environ, "PYTHONPATH": str(copy / "src")}
    done = subprocess.run(command, cwd=copy, env=given, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("name", MUTATIONS)
def test_what_is_taken_out_is_missed(copy, name):
    one = MUTATIONS[name]
    assert passes(copy, one.test)
    file = copy / one.file
    text = file.read_text("utf-8")
    assert text.count(one.text) == 1, "it is taken out where it stands, and it stands in one place"
    file.write_text(text.replace(one.text, one.becomes), "utf-8")
    assert not passes(copy, one.test)

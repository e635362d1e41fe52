"""Limits hold over processes, runs and homes that share a file, and no state of that file ends a sync."""

import subprocess
import sys
from pathlib import Path

import pytest
from loopback import FastClock, serve

from growthos.clock import SystemClock
from growthos.connectors import find
from growthos.connectors.limits import Ledger
from growthos.connectors.terms import Limit

SIX_IN_THREE = (Limit(6, 3.0),)

ASKER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from growthos.clock import SystemClock
from growthos.connectors.api import Api
from growthos.connectors.terms import Limit
from test_api import OK, Ok, Toy
Toy.limits = (Limit(6, 3.0),)
toy = Toy({"token": "canary", "base_url": sys.argv[2]})
for _ in range(5):  # each run is short, as from cron: only the file remembers
    with Api(toy, clock=SystemClock(), ledger=Path(sys.argv[3])) as api:
        api.get("/things", {}, operation="things", envelope=Ok)
"""


def ledger(path: Path, clock: FastClock, key: str = "shop", limits: tuple[Limit, ...] = SIX_IN_THREE) -> Ledger:
    return Ledger(path, key, limits, clock)


def takes(one: Ledger, times: int) -> int:
    """How many of so many attempts may start now."""
    return sum(one.take() == 0 for _ in range(times))


def test_three_processes_together_never_ask_more_often_than_allowed(tmp_path):
    """Counted where the requests arrive; the window is 5 % longer than the limit's, which covers their way."""
    with serve(SystemClock()) as server:
        server.says((200, '{"ok": true}', {}))
        tests = str(Path(__file__).parent)
        command = [sys.executable, "-c", ASKER, tests, server.address, str(tmp_path / "limits.sqlite")]
        running = [subprocess.Popen(command) for _ in range(3)]
        assert [one.wait(timeout=60) for one in running] == [0, 0, 0]
        times = [one.at for one in server.arrivals]
    assert len(times) == 15
    assert max(sum(start <= other < start + 3.0 for other in times) for start in times) == 6


def test_what_one_run_used_is_gone_for_the_next(tmp_path):
    clock = FastClock()
    first = ledger(tmp_path / "limits.sqlite", clock)
    assert takes(first, 10) == 6
    first.close()
    second = ledger(tmp_path / "limits.sqlite", clock)
    assert second.take() == pytest.approx(3.15, abs=0.1)
    clock.sleep(3.2)
    assert takes(second, 10) == 6


def test_another_shop_is_counted_apart(tmp_path):
    clock = FastClock()
    assert takes(ledger(tmp_path / "limits.sqlite", clock, "one"), 10) == 6
    assert takes(ledger(tmp_path / "limits.sqlite", clock, "two"), 10) == 6


def test_a_clock_that_was_ahead_does_not_block(tmp_path):
    """Attempts of the future are forgotten when the file is opened."""
    ahead, clock = FastClock(), FastClock()
    ahead.sleep(86_400)
    takes(ledger(tmp_path / "limits.sqlite", ahead), 6)
    assert takes(ledger(tmp_path / "limits.sqlite", clock), 10) == 6


def test_a_damaged_file_is_begun_anew(tmp_path):
    path = tmp_path / "limits.sqlite"
    path.write_bytes(b"no database at all, but long enough to be taken for the head of one" * 40)
    assert takes(ledger(path, FastClock()), 10) == 6


def test_google_counts_by_project_and_the_others_by_account():
    """Two customers of one OAuth client share what the client may ask."""
    google = find()["google_ads"]
    keys = {"client_id": "client", "client_secret": "s", "refresh_token": "r"}
    assert {google({"customer_id": one, **keys}).counted_by() for one in ("1234567890", "1234567891")} == {"client"}
    assert find()["ga4"]({"property_id": "7", **keys}).counted_by() == "7"

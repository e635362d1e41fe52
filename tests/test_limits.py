"""Limits hold over processes, runs and homes that share a file, and no state of that file ends a sync."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fault_server import served
from loopback import FastClock, serve
from small_shop import marts, small_shop

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
for _ in range(int(sys.argv[4])):  # each run is short, as from cron: only the file remembers
    with Api(toy, clock=SystemClock(), ledger=Path(sys.argv[3])) as api:
        api.get("/things", {}, operation="things", envelope=Ok)
"""

SYNCER = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from datetime import timedelta
from pathlib import Path
from small_shop import DAYS, START
from growthos import pipeline, settings
from growthos.clock import SystemClock
from growthos.connectors import find
from growthos.connectors.terms import Limit
from growthos.home import Home

class Clock(SystemClock):  # the wall's, as if it were the morning after the shop's last day
    def now(self):
        return START + timedelta(seconds=time.time() - float(sys.argv[4]))

find()["meta"].limits = (Limit(12, 3.0),)
given = settings.demo()
given = given.model_copy(update={
    "sources": {"meta": given.sources["meta"] | json.loads(sys.argv[2])},
    "sync": settings.Sync(history=DAYS),
    "limits": settings.Limits(file=Path(sys.argv[5])),
})
report = pipeline.sync(Home(Path(sys.argv[3])), given, Clock(), pipeline.Asked(), pipeline.Watcher())
sys.exit(report.exit_code)
"""


def ledger(path: Path, clock: FastClock, key: str = "shop", limits: tuple[Limit, ...] = SIX_IN_THREE) -> Ledger:
    return Ledger(path, key, limits, clock)


def takes(one: Ledger, times: int) -> int:
    """How many of so many attempts may start now."""
    return sum(one.take() == 0 for _ in range(times))


@pytest.mark.long
def test_three_processes_together_never_ask_more_often_than_allowed(tmp_path):
    """Counted where the requests arrive; the window is 5 % longer than the limit's, which covers their way."""
    with serve(SystemClock()) as server:
        server.says((200, '{"ok": true}', {}))
        tests = str(Path(__file__).parent)
        command = [sys.executable, "-c", ASKER, tests, server.address, str(tmp_path / "limits.sqlite"), "5"]
        running = [subprocess.Popen(command) for _ in range(3)]
        assert [one.wait(timeout=60) for one in running] == [0, 0, 0]
        times = [one.at for one in server.arrivals]
    assert len(times) == 15
    assert max(sum(start <= other < start + 3.0 for other in times) for start in times) == 6


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_six_processes_keep_one_limit_while_twenty_of_them_are_killed(tmp_path, seed):
    """Whatever they were at: whoever comes next counts what those before it took, and nobody is blocked by the dead."""
    dice = random.Random(seed)
    with serve(SystemClock()) as server:
        server.says((200, '{"ok": true}', {}))
        tests = str(Path(__file__).parent)
        command = [sys.executable, "-c", ASKER, tests, server.address, str(tmp_path / "limits.sqlite"), "1000"]
        running = [subprocess.Popen(command) for _ in range(6)]
        while len(server.arrivals) < 6:
            time.sleep(0.05)
        for _ in range(20):
            time.sleep(dice.random())
            victim = dice.randrange(6)
            running[victim].kill()
            running[victim].wait()
            running[victim] = subprocess.Popen(command)
        reached = len(server.arrivals)
        while len(server.arrivals) < reached + 12:
            time.sleep(0.05)
        assert [one.poll() for one in running] == [None] * 6
        for one in running:
            one.kill()
            one.wait()
        times = [one.at for one in server.arrivals]
    assert max(sum(start <= other < start + 3.0 for other in times) for start in times) <= 6


@pytest.mark.long
def test_whole_syncs_of_several_homes_together_keep_the_limits_of_a_file_they_share(tmp_path):
    """Three clients of one app at once, counted where the requests arrive; each home gets all of its data."""
    with served(small_shop(), FastClock()) as apis:
        address = json.dumps(apis.addresses["meta"])
        command = [sys.executable, "-c", SYNCER, str(Path(__file__).parent), address]
        rest = [str(time.time()), str(tmp_path / "limits.sqlite")]
        homes = [tmp_path / name for name in ("one", "two", "three")]
        running = [subprocess.Popen([*command, str(home), *rest]) for home in homes]
        assert [one.wait(timeout=240) for one in running] == [0, 0, 0]
        times = [one.at for one in apis.of("meta")]
    assert len(times) > 24
    assert max(sum(start <= other < start + 3.0 for other in times) for start in times) <= 12
    assert marts(homes[0]) == marts(homes[1]) == marts(homes[2])


def test_an_attempt_counts_from_when_it_was_over(tmp_path):
    """The first of six was over after 0.3 seconds, the last after 1.8: the next may start 3.15 after the first."""
    clock = FastClock()
    one = ledger(tmp_path / "limits.sqlite", clock)
    for _ in range(6):
        assert one.take() == 0
        clock.sleep(0.3)
        one.settle()
    assert one.take() == pytest.approx(3.15 - 1.5, abs=0.1)


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

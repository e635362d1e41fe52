"""One run per home, by the kernel's word: no file that lies about decides, and none that is gone."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from growthos import pipeline, settings
from growthos.clock import DemoClock
from growthos.errors import BusyError
from growthos.home import Home
from growthos.lock import holder, locked

NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)
HOLD = """
import sys, time
from pathlib import Path
from growthos.home import Home
from growthos.lock import locked
with locked(Home(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""
TRY = """
import sys, time
from pathlib import Path
from growthos.errors import BusyError
from growthos.home import Home
from growthos.lock import locked
while time.time() < float(sys.argv[2]):
    pass
try:
    with locked(Home(Path(sys.argv[1]))):
        with open(f"{sys.argv[1]}/entered", "a") as file:
            file.write("one ")
        time.sleep(float(sys.argv[3]))
except BusyError as error:
    sys.exit(error.code)
"""


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path)


def holding(home: Home) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(home.root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_what_the_dead_left_holds_nobody_up(home):
    """Killed while it held the home: its file is still there, and the next run is in at once."""
    with holding(home) as dead:
        with pytest.raises(BusyError), locked(home):
            pass
        dead.kill()
    assert home.lock.exists()
    began = time.monotonic()
    with locked(home):
        assert time.monotonic() - began < 1


def test_who_has_patience_waits_until_the_other_run_ends(home):
    """The other run is ended by what hears of the wait: the one who waits is in soon after, and never before."""
    told = []
    with holding(home) as other:

        def waiting():
            told.append(other.poll())
            other.kill()

        with locked(home, 30, waiting):
            assert other.wait() != 0
    assert told == [None]


def test_patience_has_an_end_and_nobody_is_told_of_a_wait_that_there_is_not(home):
    with locked(home):
        began = time.monotonic()
        with pytest.raises(BusyError, match="Another run is at work"), locked(home, 0.2):
            pass
        assert 0.2 <= time.monotonic() - began < 5
    with locked(home, 30, lambda: pytest.fail("nobody is there")):
        pass


@pytest.mark.parametrize("written", ["", "1", "4194304", "no number"])
def test_whatever_stands_in_its_file_is_nothing(home, written):
    """The number of a process that is long gone, or of one that has it now and does something else."""
    home.lock.write_text(written)
    assert holder(home) is None
    with locked(home), pytest.raises(BusyError), locked(home):
        pass


@pytest.mark.parametrize("put_back", [False, True])
def test_a_file_that_is_deleted_during_a_run_lets_nobody_in(home, put_back):
    with locked(home):
        home.lock.unlink()
        if put_back:
            home.lock.touch()
        with pytest.raises(BusyError), locked(home):
            pass
    with locked(home):
        assert home.lock.exists()


@pytest.mark.parametrize("number", [2, pytest.param(20, marks=pytest.mark.chaos)])
def test_of_many_at_once_one_works_and_all_others_are_told(home, number):
    """All begin at the same instant; the one that is in stays until all have tried."""
    start = time.time() + 0.4 * number + 1
    command = [sys.executable, "-c", TRY, str(home.root), str(start), str(0.1 * number + 1)]
    running = [subprocess.Popen(command) for _ in range(number)]
    codes = sorted(one.wait(timeout=120) for one in running)
    assert codes == [0] + [75] * (number - 1)
    assert Path(home.root / "entered").read_text() == "one "


def test_waiting_for_another_run_counts_as_time_of_this_one(home):
    asked, began = pipeline.Asked(lock_timeout=60, timeout=0.2), time.monotonic()
    with locked(home), pytest.raises(BusyError):
        pipeline.sync(home, settings.demo(), DemoClock(NOON), asked, pipeline.Watcher(), demo_seed=1)
    assert 0.2 <= time.monotonic() - began < 5

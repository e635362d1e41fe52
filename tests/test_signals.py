"""A signal ends a run in order within two seconds, a second one at once, whatever the run is doing."""

import signal
import subprocess
import sys
import time

import pytest
from loopback import FastClock, reply, serve
from test_process import PROGRAM, environment

CODES = [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.chaos)]
IN_ORDER = "Interrupted. What was read is kept; the next run goes on from there.\n"
"""What only a run says that ended by itself."""
BEGIN = """
import sys, time
from growthos import interrupt
from growthos.cli import process
from growthos.clock import SystemClock
from growthos.errors import StoppedError
process.prepare()
"""
QUERY = """
import duckdb
con = duckdb.connect()
with interrupt.in_order(), interrupt.breakable(con):
    print("ready", flush=True)
    try:
        con.execute("select sum(a.range * b.range) from range(10_000_000) a, range(10_000_000) b where a.range <> 7")
    except duckdb.InterruptException:
        print("broken off", flush=True)
sys.exit(process.signalled())
"""
MANY_STATEMENTS = """
import duckdb
con = duckdb.connect()
con.execute("create table t as from range(1000)")
with interrupt.in_order(), interrupt.breakable(con):
    print("ready", flush=True)
    try:
        while True:
            con.execute("begin; create or replace table t as select range + 1 as range from t; commit")
    except duckdb.InterruptException:
        print("broken off", flush=True)
sys.exit(process.signalled())
"""
SLEEP = """
with interrupt.in_order():
    print("ready", flush=True)
    try:
        SystemClock().sleep(60)
    except StoppedError:
        print("broken off", flush=True)
sys.exit(process.signalled())
"""
DEAF = """
with interrupt.in_order():
    print("ready", flush=True)
    time.sleep(60)
"""
READER = """
print("ready", flush=True)
time.sleep(60)
"""
UNREAD = """
print("ready", flush=True)
sys.stderr.write("x" * 1_000_000)
"""


def ended(script: str, *signals: int, pause: float = 0.3, **more: str) -> tuple[int, str, str, float]:
    """Exit code and outputs of a script that got these signals, and the seconds from the last of them to its end."""
    with subprocess.Popen(
        [sys.executable, "-c", BEGIN + script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**more),
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        for number in signals:
            time.sleep(pause)
            began = time.monotonic()
            process.send_signal(number)
        said, error = process.communicate(timeout=30)
        return process.returncode, said, error, time.monotonic() - began


@pytest.mark.parametrize(
    "script",
    [QUERY, pytest.param(MANY_STATEMENTS, marks=pytest.mark.chaos), SLEEP],
    ids=["query", "statements", "wait"],
)
@pytest.mark.parametrize(("number", "code"), CODES)
def test_what_takes_long_is_broken_off(script, number, code):
    """One long query, short ones without end, a wait."""
    assert ended(script, number)[:3] == (code, "broken off\n", IN_ORDER)


@pytest.mark.chaos
@pytest.mark.parametrize(("number", "code"), CODES)
def test_what_does_not_end_by_itself_is_ended_after_two_seconds(number, code):
    status, _, _, seconds = ended(DEAF, number)
    assert status == code
    assert 1.5 < seconds < 3.0


@pytest.mark.parametrize(("number", "code"), CODES)
def test_a_second_signal_ends_at_once(number, code):
    status, _, _, seconds = ended(DEAF, number, number)
    assert status == code
    assert seconds < 1.2


@pytest.mark.parametrize(("number", "code"), CODES)
def test_who_only_reads_ends_at_the_first(number, code):
    status, said, error, seconds = ended(READER, number)
    assert (status, said, error) == (code, "", "Interrupted.\n")
    assert seconds < 1.2


def test_its_last_word_needs_no_buffer():
    """Containers often set this."""
    assert ended(READER, signal.SIGINT, PYTHONUNBUFFERED="1")[1:3] == ("", "Interrupted.\n")


@pytest.mark.parametrize(("number", "code"), CODES)
def test_who_is_not_read_any_more_ends_all_the_same(number, code):
    """Behind a pager that stands still there is no room for a word."""
    with subprocess.Popen(
        [sys.executable, "-c", BEGIN + UNREAD], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        try:
            assert process.stdout
            process.stdout.readline()
            time.sleep(0.3)
            process.send_signal(number)
            assert process.wait(timeout=5) == code
        finally:
            process.kill()


def test_a_sync_that_waits_for_its_source_ends_and_says_so(tmp_path):
    """It was told to come back in five minutes."""
    with serve(FastClock()) as server:
        server.script = lambda _, handler: reply(handler, 429, b"{}", {"Retry-After": "300"})
        settings = {"META_BASE_URL": server.address, "META_ACCESS_TOKEN": "t" * 12, "META_AD_ACCOUNT_ID": "1001"}
        with subprocess.Popen(
            [*PROGRAM, "--home", str(tmp_path), "sync"], stderr=subprocess.PIPE, env=environment(**settings)
        ) as process:
            while not server.arrivals:
                time.sleep(0.02)
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            _, error = process.communicate(timeout=20)
    assert process.returncode == 143
    assert IN_ORDER in error.decode()
    assert list(tmp_path.rglob("*.tmp")) == []

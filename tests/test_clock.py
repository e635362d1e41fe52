"""A clock of this machine that is wrong: what is read, which days are over and what is due go by the sources' clocks.

A source tells its time with each answer. Here its faces live in the true time and the program by a clock that is off.
"""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from fault_server import Apis, served
from small_shop import DAYS, START, marts, settings_for, small_shop
from virtual_time import VirtualClock

from growthos import demo, pipeline, settings
from growthos.clock import CorrectedClock, DemoClock
from growthos.connectors import find
from growthos.connectors.api import Api
from growthos.home import Home
from growthos.outcome import SyncReport
from growthos.state import State
from growthos.sync import Run, SourceReport, read_source

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
SOURCES = tuple(demo.FACES)
INSTANTS = {
    "an hour behind": -HOUR,
    "an hour ahead": HOUR,
    "a day ahead": DAY,
    "three weeks behind": -21 * DAY,
    "three weeks ahead": 21 * DAY,
    "the night of summer time": datetime(2026, 3, 29, 1, 30, tzinfo=UTC) - START,
    "the night of winter time": datetime(2025, 10, 26, 1, 30, tzinfo=UTC) - START,
    "a leap day": datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC) - START,
    "the end of a year": datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC) - START,
    "a year ahead": YEAR,
    "a year behind": -YEAR,
    "the beginning of all clocks": datetime(1970, 1, 1, tzinfo=UTC) - START,
}


def read(root: Path, source: str, truth: datetime, off: timedelta = timedelta(0)) -> tuple[SourceReport, list[str]]:
    """What a sync reads of one source, and the addresses and bodies it asked for."""
    clock, asked = DemoClock(truth + off), []
    faces = demo.transport(small_shop, lambda: clock.now() - off)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.url} {request.content.decode()}")
        response = faces.handle_request(request)
        response.headers["date"] = format_datetime(clock.now() - off, usegmt=True)
        return response

    state, _ = State.read(root)
    run = Run(
        root=root,
        state=state,
        clock=clock,
        now=clock.now(),
        number=state.last_run + 1,
        run_id=f"{state.last_run + 1:016x}",
        client_zone="UTC",
        since=None,
        until=None,
        history=14,
        on_page=lambda *_: None,
    )
    connector = find()[source](settings.demo().sources[source])
    with Api(connector, transport=httpx.MockTransport(answer), clock=clock) as api:
        return read_source(connector, api, run), asked


def known(root: Path, source: str) -> dict[str, object]:
    """What a home knows of a source by what was read whole: streams, their days or stretches, what was over."""
    state, _ = State.read(root)
    return {
        f"{stream} {number}": (
            unit.header.records,
            unit.header.first,
            unit.header.last,
            unit.header.closed,
            unit.header.begins,
            unit.header.newest,
        )
        for _, account, stream in state.keys()  # noqa: SIM118 - a state is no dictionary
        for number, unit in enumerate(state.units(source, account, stream))
    }


def cases(*quick: tuple[str, str]) -> list[object]:
    """Every source at every instant; all but the quick ones are for long runs."""
    both = [(source, name) for source in SOURCES for name in INSTANTS]
    return [pytest.param(*one, marks=[] if one in quick else pytest.mark.chaos, id=" ".join(one)) for one in both]


@pytest.mark.parametrize(("source", "name"), cases(("ga4", "a year ahead"), ("google_ads", "a day ahead")))
def test_a_first_sync_by_a_wrong_clock_reads_what_is_there(tmp_path, source, name):
    """And the next one, by a right clock, goes on as if nothing had been."""
    for home, off in (("wrong", INSTANTS[name]), ("right", timedelta(0))):
        assert read(tmp_path / home, source, START, off)[0].errors == ()
    assert known(tmp_path / "wrong", source) == known(tmp_path / "right", source)
    later = [read(tmp_path / home, source, START + DAY)[1] for home in ("wrong", "right")]
    assert min(map(len, later)) > 1
    assert known(tmp_path / "wrong", source) == known(tmp_path / "right", source)


def test_a_server_that_says_no_year_of_ours_is_not_believed():
    clock = CorrectedClock(DemoClock(START))
    assert clock.learn(datetime(1970, 1, 1, tzinfo=UTC)) < -50 * YEAR
    clock.learn(datetime(9999, 12, 31, tzinfo=UTC))
    assert clock.now() == START
    clock.learn(START + HOUR)
    assert clock.now() == START + HOUR
    clock.learn(START + HOUR + timedelta(minutes=4))
    assert clock.now() == START + HOUR, "what is a little off is no other time"
    clock.learn(START + timedelta(minutes=4))
    assert clock.now() == START


class Off(VirtualClock):
    """The clock of a machine beside that of the world."""

    def __init__(self, world: VirtualClock, off: timedelta) -> None:
        self.world, self.off = world, off

    def now(self) -> datetime:
        return self.world.now() + self.off

    def monotonic(self) -> float:
        return self.world.monotonic()

    def sleep(self, seconds: float) -> None:
        self.world.sleep(seconds)


def whole(home: Path, apis: Apis, off: timedelta, *sources: str) -> SyncReport:
    """A sync by a clock that is off."""
    given = settings_for(apis, **{name: None for name in SOURCES if name not in sources})
    return pipeline.sync(Home(home), given, Off(apis.clock, off), pipeline.Asked(), pipeline.Watcher())


@pytest.mark.parametrize(
    ("off", "words"),
    [(HOUR, "ahead of the servers of ga4"), pytest.param(-HOUR, "behind the servers of ga4", marks=pytest.mark.chaos)],
)
def test_it_is_told_in_one_line_and_harms_no_number(tmp_path, off, words):
    with served(small_shop(), VirtualClock(START)) as apis:
        report = whole(tmp_path, apis, off, "ga4")
    assert (report.exit_code, report.built.data_through) == (0, demo.LAST_DAY)
    [(who, code, message)] = report.notices
    assert (who, code) == ("this machine", "clock")
    assert words in message
    assert "timedatectl" in message


@pytest.mark.chaos
def test_a_clock_that_is_right_is_nothing_to_tell(tmp_path):
    with served(small_shop(), VirtualClock(START)) as apis:
        assert whole(tmp_path, apis, timedelta(minutes=4), "ga4").notices == ()


@pytest.mark.chaos
@pytest.mark.parametrize("name", INSTANTS)
def test_a_clock_that_jumps_and_comes_back_changes_nothing(tmp_path, name):
    """A right sync, an hour later one by a clock that is off, a day later a right one; limits never block."""
    with served(small_shop(), VirtualClock(START)) as apis:
        for hours, off in ((0, timedelta(0)), (1, INSTANTS[name]), (23, timedelta(0))):
            apis.clock.pass_time(hours * 3600)
            began = apis.clock.monotonic()
            report = whole(tmp_path / "home", apis, off, *SOURCES)
            assert report.exit_code == 0
            assert apis.clock.monotonic() - began < 900
            assert [code for _, code, _ in report.notices] == ["clock"] * bool(off)
        apis.clock.pass_time(60)
        since = START.date() - timedelta(days=DAYS)
        fresh = Home(tmp_path / "fresh")
        given = settings_for(apis)
        report = pipeline.sync(fresh, given, apis.clock, pipeline.Asked(since=since), pipeline.Watcher())
        assert report.exit_code == 0
    assert marts(tmp_path / "home") == marts(tmp_path / "fresh")

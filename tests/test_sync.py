"""How one source is read: details give way, closed accounts are passed over, an ending version is told."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from growthos import raw
from growthos.clock import DemoClock
from growthos.connectors.api import Api
from growthos.connectors.base import Connector, stream
from growthos.connectors.terms import Judgement, Page, Setting, Verdict, Watch
from growthos.connectors.verdicts import by_status
from growthos.coverage import counting, data_through
from growthos.errors import CredentialsError, PatienceError, RefusedError, TimeUpError, UnavailableError
from growthos.plan import Asked, plan
from growthos.state import State
from growthos.sync import Run, SourceReport, read_source

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True)
class Ok:
    """Any answer."""


class Toy(Connector):
    """A source of two accounts, of which one may hold others."""

    name = "toy"
    title = "Toy"
    api_version = "1"
    default_base_url = "https://toy.example"
    settings = (Setting("token", "TOY_TOKEN", "Token.", required=True),)
    limits = ()

    def accounts(self):
        return tuple(self.values.get("accounts", "one,two").split(","))

    def reach(self, api, account):
        if account == self.values.get("holds"):
            api.get(f"/{account}/children", {}, operation="children", envelope=Ok)
            return tuple(self.values.get("children", "three,four").split(","))
        return super().reach(api, account)

    def auth(self, api):
        return None

    def judge(self, status, headers, body):
        if status == 403 and b"closed" in body:
            return Judgement(Verdict.SKIP, "it is closed")
        if b"tomorrow" in body:
            return Judgement(Verdict.QUOTA, "come back tomorrow", 50_000.0)
        return by_status(status, headers)

    def _page(self, api, what, account):
        answer = api.get(f"/{account}/{what}", {}, operation=what, envelope=Ok)
        yield Page(what, answer.body, f"GET /{account}/{what}", answer.status, 1)

    @stream("report", overlap=DAY)
    def spend(self, api, account, window):
        """What KPIs rest on."""
        yield from self._page(api, "spend", account)

    @stream("report", overlap=DAY, detail=True)
    def keywords(self, api, account, window):
        """What no KPI rests on."""
        yield from self._page(api, "keywords", account)

    @stream("snapshot", every=WEEK, detail=True)
    def names(self, api, account, window):
        """What is read once a week."""
        yield from self._page(api, "names", account)


class Ending(Toy):
    """Its version is about to end."""

    sunset: ClassVar[date | None] = date(2026, 5, 9)


class World:
    """Answers `{}` to everything but what `says` has another answer for, by path; with `once`, the first time."""

    def __init__(self, tmp_path, says=None):
        self.root, self.says = tmp_path, says or {}
        self.asked, self.notices, self.once = [], [], False
        self.clock, self.timeout = DemoClock(NOON), 900.0

    def read(self, kind=Toy, **values) -> SourceReport:
        def answer(request: httpx.Request) -> httpx.Response:
            self.asked.append(request.url.path)
            said = self.says.pop if self.once else self.says.get
            status, text = said(request.url.path, (200, "{}"))
            return httpx.Response(status, text=text)

        watch = Watch(notice=lambda code, message: self.notices.append((code, message)))
        state, _ = State.read(self.root)
        now = self.clock.now()
        run = Run(
            self.root, state, self.clock, now, state.last_run + 1, "0" * 16, "UTC", None, None, 3, lambda *_: None
        )
        connector = kind({"token": "t"} | values)
        transport, ends = httpx.MockTransport(answer), self.clock.monotonic() + self.timeout
        with Api(connector, transport=transport, clock=self.clock, watch=watch, ends=ends) as api:
            return read_source(connector, api, run)


def test_a_detail_that_fails_keeps_no_other_stream_from_being_read(tmp_path):
    world = World(tmp_path, {"/one/keywords": (400, "no such field")})
    report = world.read()
    assert [type(error).__name__ for error in report.errors] == ["RefusedError"]
    assert "/one/names" in world.asked
    assert "/two/spend" in world.asked


def test_what_kpis_rest_on_ends_its_account_and_no_other(tmp_path):
    world = World(tmp_path, {"/one/spend": (400, "no such field")})
    assert len(world.read().errors) == 1
    assert world.asked == ["/one/spend", "/two/spend", "/two/keywords", "/two/names"]


@pytest.mark.parametrize("where", ["/one/spend", "/one/keywords"])
def test_a_source_that_is_to_be_waited_for_is_asked_for_no_other_account(tmp_path, where):
    """What it counts, it counts over all of them; and whoever comes before the time is counted again."""

    world = World(tmp_path, {where: (429, "tomorrow")})
    [error] = world.read().errors
    assert isinstance(error, PatienceError)
    assert world.asked[-1] == where


class InNewYork(Toy):
    """Its days begin and end in New York."""

    @stream("report")
    def visits(self, api, account, window):
        """Each page tells the zone."""
        for page in self._page(api, "visits", account):
            yield replace(page, time_zone="America/New_York")


@pytest.mark.parametrize(
    ("instant", "over"),
    [
        ("2026-03-08T04:59", "2026-03-06"),
        ("2026-03-08T05:01", "2026-03-07"),
        ("2026-03-09T03:59", "2026-03-07"),
        ("2026-03-09T04:01", "2026-03-08"),
        ("2026-11-01T03:59", "2026-10-30"),
        ("2026-11-01T04:01", "2026-10-31"),
        ("2026-11-02T04:59", "2026-10-31"),
        ("2026-11-02T05:01", "2026-11-01"),
    ],
)
def test_days_of_23_and_of_25_hours_end_at_the_accounts_own_midnight(tmp_path, instant, over):
    """The 8th of March has 23 hours in New York, the 1st of November 25."""
    world = World(tmp_path)
    world.clock = DemoClock(datetime.fromisoformat(instant).replace(tzinfo=UTC))
    world.read(InNewYork, accounts="one")
    [unit] = State.read(tmp_path)[0].units("toy", "one", "visits")
    assert unit.header.closed == over


def test_a_source_that_is_down_is_asked_ten_times_and_for_no_more(tmp_path):
    """The details of one account and then the other account: each failure is told, and that nothing else was asked."""
    world = World(tmp_path, {f"/{one}/{what}": (503, "") for one in ("one", "two") for what in ("keywords", "names")})
    errors = [error.message for error in world.read().errors]
    assert world.asked == ["/one/spend", *["/one/keywords"] * 5, *["/one/names"] * 5]
    assert ["5 times" in one for one in errors] == [True, True, False]
    assert "did not answer 10 times in a row, so nothing more is asked" in errors[2]


def test_an_answer_in_between_shows_that_a_source_is_not_down(tmp_path):
    world = World(tmp_path, {f"/{one}/keywords": (503, "") for one in ("one", "two")})
    assert len(world.read().errors) == 2
    assert world.asked[-1] == "/two/names"


class Listing(Toy):
    """It lists things by pages."""

    @stream("snapshot", every=WEEK)
    def things(self, api, account, window):
        """Three pages of them."""
        for number in (1, 2, 3):
            yield from self._page(api, f"page{number}", account)


@pytest.mark.parametrize(("place", "pages"), [("page1", [1]), ("page3", [1, 2, 3, 1, 2, 3])])
def test_a_list_that_is_refused_further_on_is_begun_anew_once(tmp_path, place, pages):
    """Not if its very first page is; and what is refused twice is refused."""
    world = World(tmp_path, {f"/one/{place}": (400, "no such cursor")})
    [error] = world.read(Listing, accounts="one").errors
    assert isinstance(error, RefusedError)
    assert world.asked == [f"/one/page{number}" for number in pages]
    assert [code for code, _ in world.notices] == ["begun_anew"][: len(pages) - 1]
    assert not State.read(tmp_path)[0].units("toy", "one", "things")


def test_pages_before_a_throttle_without_end_are_kept(tmp_path):
    world = World(tmp_path, {"/one/page3": (429, "")})
    report = world.read(Listing, accounts="one,two")
    [error] = report.errors
    assert isinstance(error, PatienceError)
    assert world.asked == ["/one/page1", "/one/page2", *["/one/page3"] * 5]
    [kept] = report.segments
    assert (kept.header.pages, kept.header.final, kept.path.exists()) == (2, False, True)


def test_whoever_comes_no_further_in_his_time_is_told_to_give_more(tmp_path):
    """A stretch is read in one go; one that never fits would be begun by every run, and by none ended."""
    world = World(tmp_path, {"/one/page3": (429, "")})
    world.timeout, hints = 0.5, []
    for _ in range(3):
        [error] = world.read(Listing, accounts="one").errors
        assert isinstance(error, TimeUpError)
        hints.append(error.hint)
    assert "`growthos sync toy` goes on from there." in hints[0]
    assert hints[1:] == ["A stretch of things is read in one go and did not fit in: give it more time."] * 2
    world.says = {}
    assert not world.read(Listing, accounts="one").errors
    for place, status, hint in (
        ("page1", 500, "goes on from there"),
        ("page1", 429, "did not fit in"),
        ("page3", 429, "goes on from there"),
    ):
        world.says = {f"/one/{place}": (status, "")}
        world.clock.sleep(8 * 86_400)
        [error] = world.read(Listing, accounts="one").errors
        assert hint in error.hint
        assert "; before that, " in error.message


def test_a_list_that_was_begun_anew_counts_once(tmp_path, monkeypatch):
    """Its first attempt was so long that a part of it was on disk: the pages of the second one are those that count."""
    monkeypatch.setattr(raw, "PAGES_PER_SEGMENT", 1)
    world = World(tmp_path, {"/one/page3": (400, "no such cursor")})
    world.once = True
    assert world.read(Listing, accounts="one").errors == ()
    [unit] = State.read(tmp_path)[0].units("toy", "one", "things")
    assert [one.header.part for one in unit.segments] == [0, 1, 2]
    assert len(list((tmp_path / "toy/one/things").glob("*.parquet"))) == 5


def test_credentials_that_are_refused_end_the_account_even_in_a_detail(tmp_path):
    """A token that is revoked is not tried on what comes after."""
    world = World(tmp_path, {"/one/keywords": (401, "")})
    assert isinstance(world.read().errors[0], CredentialsError)
    assert "/one/names" not in world.asked


def test_a_closed_account_is_a_warning_that_names_it(tmp_path):
    world = World(tmp_path, {"/one/spend": (403, "closed")})
    report = world.read()
    assert report.errors == ()
    assert [code for code, _ in world.notices] == ["account_skipped"]
    assert "it is closed" in world.notices[0][1]
    assert world.asked[1:] == ["/two/spend", "/two/keywords", "/two/names"]


def test_an_account_may_stand_for_others(tmp_path):
    world = World(tmp_path)
    world.read(holds="two")
    assert {path.split("/")[1] for path in world.asked if "children" not in path} == {"one", "three", "four"}


def test_an_account_that_does_not_tell_what_it_holds_fails_alone(tmp_path):
    world = World(tmp_path, {"/two/children": (404, "")})
    assert len(world.read(holds="two").errors) == 1
    assert "/one/names" in world.asked


@pytest.mark.parametrize(("today", "told"), [(NOON, True), (NOON - timedelta(days=1), False)])
def test_the_end_of_a_version_is_told_sixty_days_ahead(tmp_path, today, told):
    """10 March is the sixtieth day before 9 May; the day before it is the sixty-first."""
    world = World(tmp_path)
    world.clock = DemoClock(today)
    world.read(Ending)
    assert [code for code, _ in world.notices] == (["version_ends"] if told else [])


def test_a_detail_does_not_hold_back_the_day_up_to_which_a_source_is_complete(tmp_path):
    """Read to its end once, then never again, while what KPIs rest on went on for two days."""
    World(tmp_path).read()
    later = World(tmp_path, {"/one/keywords": (400, ""), "/two/keywords": (400, "")})
    later.clock.sleep(timedelta(days=2).total_seconds())
    assert len(later.read().errors) == 2
    state, _ = State.read(tmp_path)
    assert data_through(Toy, state, NOON.tzinfo) == date(2026, 3, 11)


def through(root: Path, accounts: str) -> date | None:
    state, _ = State.read(root)
    known = counting(Toy, {"token": "t", "accounts": accounts}, state)
    return data_through(Toy, state, NOON.tzinfo, accounts=known)


def test_an_account_that_was_taken_out_of_the_settings_holds_nothing_back(tmp_path):
    """Both were read to the 9th, then one alone for two days; as long as it is asked for, the other one is missed."""
    World(tmp_path).read()
    later = World(tmp_path, {"/two/spend": (403, "")})
    later.clock.sleep(timedelta(days=2).total_seconds())
    later.read()
    assert through(tmp_path, "one,two") == date(2026, 3, 9)
    assert through(tmp_path, "one") == date(2026, 3, 11)
    assert through(tmp_path, "three") == date(2026, 3, 9)


@pytest.mark.parametrize(("children", "end"), [(("three",), 11), (("three", "four"), 9)])
def test_an_account_that_is_no_longer_below_its_manager_holds_nothing_back(tmp_path, children, end):
    """`four` is closed and no longer named, or it is named and fails: then it is waited for."""
    World(tmp_path).read(holds="two")
    later = World(tmp_path, {"/four/spend": (403, "")})
    later.clock.sleep(timedelta(days=2).total_seconds())
    later.read(holds="two", children=",".join(children))
    assert ("/four/spend" in later.asked) == ("four" in children)
    assert through(tmp_path, "one,two") == date(2026, 3, end)


def test_a_snapshot_stays_good_as_long_as_it_says(tmp_path):
    world = World(tmp_path)
    world.read()
    names = next(one for one in Toy.streams() if one.name == "names")
    state, _ = State.read(tmp_path)
    units = state.units("toy", "one", "names")

    def due(after: timedelta) -> bool:
        now = NOON + after
        return bool(plan(names, units, Asked(now, now.date(), None, None, 3)))

    assert not due(WEEK - timedelta(seconds=1))
    assert due(WEEK)


def test_a_connector_that_knows_no_better_is_looked_at_by_its_first_stream():
    """Nothing is kept; what an account refuses is raised."""
    with Api(Toy({"token": "t"}), transport=httpx.MockTransport(lambda _: httpx.Response(200, text="{}")),
             clock=DemoClock(NOON)) as api:  # fmt: skip
        found = list(api.connector.examine(api))
    assert [(one.account, one.subject, one.state) for one in found] == [
        ("one", "credentials", "ok"),
        ("two", "credentials", "ok"),
    ]
    gone = httpx.MockTransport(lambda _: httpx.Response(503))
    with Api(Toy({"token": "t"}), transport=gone, clock=DemoClock(NOON)) as api, pytest.raises(UnavailableError):
        list(api.connector.examine(api))

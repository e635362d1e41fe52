"""Whatever the sources do, the numbers stay exact, limits are kept, waits obeyed, and nothing secret is left lying.

Real sockets and the real transport; the last two weeks of the demo shop. After each scenario, what arrived is held
against the limits, against every wait that a source asked for and against the vendors' schemas.
"""

from collections.abc import Iterator
from pathlib import Path

import faults
import pytest
import schema_rules
from canaries import found, kept
from fault_server import Apis, Script, all_well, served
from small_shop import START, marts, settings_for, small_shop, sync
from virtual_time import VirtualClock

from growthos import demo
from growthos.errors import ExitCode
from growthos.outcome import SyncReport

LIMITS = {"shopify": (2, 1.0), "meta": (200, 3600.0), "google_ads": (15_000, 86_400.0), "ga4": (10, 60.0)}
"""The mission's: calls in any so many seconds, as the source counts arrivals."""
LISTS = {"GrowthOrders", "GrowthCustomers", "GrowthProducts", "GrowthInventoryItems", "campaigns", "insights"}


class World:
    """A home and the sources that it is synced from."""

    def __init__(self, home: Path, apis: Apis) -> None:
        self.home, self.apis = home, apis

    def sync(self, script: Script = all_well, **sources) -> SyncReport:
        self.apis.script = script
        return sync(self.home, self.apis, settings_for(self.apis, **sources))

    @property
    def marts(self) -> dict[str, str]:
        return marts(self.home)


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    with served(small_shop(), VirtualClock(START)) as apis:
        yield World(tmp_path / "home", apis)
    within_limits(apis)
    waited_as_asked(apis)
    if schema_rules.SCHEMAS.is_dir():
        asked = {(one.source, one.request.content, one.request.url.raw_path): one for one in apis.arrivals}
        known = [one for one in asked.values() if one.operation != "token"]
        assert [wrong for one in known for wrong in schema_rules.faults(one.source, one.request)] == []
    assert found(secrets(apis), kept(tmp_path)) == []


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("undisturbed")
    with served(small_shop(), VirtualClock(START)) as apis:
        assert sync(home, apis).exit_code == 0
    return marts(home)


def within_limits(apis: Apis) -> None:
    """No more arrivals in any window than the mission allows, tokens counted."""
    for source, (calls, seconds) in LIMITS.items():
        times = [one.at for one in apis.of(source, tokens=True)]
        spans = [later - earlier for earlier, later in zip(times, times[calls:], strict=False)]
        assert min(spans, default=seconds) >= seconds, (source, min(spans))


def waited_as_asked(apis: Apis) -> None:
    """After each wait that a source asked for, nothing arrived there before it was over."""
    for hint in apis.hints:
        after = [one.at for one in apis.arrivals if one.source == hint.source and one.at > hint.at]
        assert min(after, default=hint.at + hint.seconds) >= hint.at + hint.seconds, hint


def secrets(apis: Apis) -> set[str]:
    """What may stand nowhere: the tokens and secrets of the settings, and those that were granted."""
    given = {
        value
        for values in demo.settings().values()
        for name, value in values.items()
        if name.endswith(("token", "secret"))
    }
    return given | apis.granted


def failed(report: SyncReport) -> set[str]:
    return {one.name for one in report.sources if one.errors}


class TestStorms:
    """What passes by itself leaves no trace in the numbers."""

    @pytest.mark.parametrize("seed", [1, 2])
    def test_throttles_are_waited_out(self, world, undisturbed, seed):
        waits = [faults.throttled(7), faults.throttled(95), faults.asked_to_wait(31)]
        report = world.sync(faults.storm(seed, 0.2, waits))
        assert report.exit_code == 0
        assert {hint.source for hint in world.apis.hints} >= {"shopify", "meta"}
        assert world.marts == undisturbed

    @pytest.mark.parametrize("seed", [1, 2])
    def test_server_errors_are_outlasted(self, world, undisturbed, seed):
        """GA4's count against a quota of the hour, so that it may end with the time to go on."""
        report = world.sync(faults.storm(seed, 0.4, [faults.broken(500), faults.broken(503)]))
        assert failed(report) <= {"ga4", "google_ads", "meta"}
        world.apis.clock.pass_time(3700)
        assert world.sync().exit_code == 0
        assert world.marts == undisturbed

    def test_mangled_answers_are_asked_for_again(self, world, undisturbed):
        """Every request meets two of them, each cut at another place."""
        kinds = [
            lambda share: faults.cut(share, told=False),
            lambda share: faults.cut(share, told=True),
            faults.reset,
            lambda _: faults.web_page(200),
            lambda _: faults.web_page(502),
            lambda _: faults.cut(0, told=True),
        ]

        def script(arrival):
            place = arrival.number * 7 // 3
            return None if arrival.number % 3 == 0 else kinds[place % len(kinds)](place * 0.37 % 1)

        report = world.sync(script)
        assert report.exit_code == 0
        assert world.marts == undisturbed


class TestNonsense:
    """A source that answers with nonsense stops alone, keeps what came, and is read to its end the next time."""

    @pytest.mark.parametrize(
        "script",
        [
            {
                "meta": faults.always(faults.web_page(403)),
                "google_ads": faults.always(faults.bomb(100)),
                "ga4": faults.from_request(3, faults.first_page_again),
            },
            {
                "shopify": faults.from_turn("GrowthCustomers", 2, faults.same_cursor),
                "meta": faults.from_turn("campaigns", 2, faults.first_page_again),
                "google_ads": faults.from_request(3, faults.cut(0.7, told=True)),
            },
        ],
        ids=["pages, bombs, repetition", "circles"],
    )
    def test_the_others_are_built_and_it_goes_on_later(self, world, undisturbed, script):
        report = world.sync(faults.each(script))
        assert (failed(report), report.exit_code) == (set(script), ExitCode.PARTIAL)
        assert len(world.apis.arrivals) < 100
        assert report.built.published
        assert world.sync().exit_code == 0
        assert world.marts == undisturbed

    def test_a_trickle_ends_at_the_deadline(self, world, undisturbed):
        report = world.sync(faults.each({"meta": faults.at("campaigns", [1], faults.trickle)}))
        assert report.exit_code == 0
        first, second = [one.at for one in world.apis.of("meta") if one.operation == "campaigns"][:2]
        assert 120 <= second - first < 400
        assert world.marts == undisturbed

    def test_an_empty_page_is_no_end(self, world, undisturbed):
        """Each list starts with one, and has more in between."""

        def script(arrival):
            return faults.empty_page_first if arrival.operation in LISTS and arrival.turn % 2 else None

        assert world.sync(script).exit_code == 0
        assert world.marts == undisturbed

    def test_a_place_in_a_list_that_is_forgotten(self, world, undisturbed):
        """Once: the list is begun anew, or else the source stops and begins it anew the next time."""
        script = faults.each(
            {
                "shopify": faults.at("GrowthOrders", [2], faults.stale_cursor),
                "meta": faults.at("campaigns", [3], faults.stale_cursor),
            }
        )
        report = world.sync(script)
        assert failed(report) <= {"shopify", "meta"}
        assert world.sync().exit_code == 0
        assert world.marts == undisturbed


class TestDrift:
    """Answers change their form in ways that vendors allow themselves; no number does."""

    @pytest.mark.parametrize("form", ["bare numbers", "more fields", "null nodes", "foreign links"])
    def test_numbers_stay_exact(self, world, undisturbed, form):
        fault = {
            "bare numbers": faults.bare_numbers,
            "more fields": faults.changed(faults.more_fields),
            "null nodes": faults.changed(faults.null_nodes),
            "foreign links": faults.changed(faults.foreign_links),
        }[form]
        report = world.sync(lambda one: None if one.operation == "token" else fault)
        assert report.exit_code == 0, [one.errors for one in report.sources]
        assert world.marts == undisturbed

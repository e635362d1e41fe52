"""What a sync reads, decided from the segments alone."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from growthos.connectors.base import Stream
from growthos.connectors.terms import Window
from growthos.plan import Asked, Task, plan
from growthos.raw import Header, Segment, unit_name
from growthos.state import State

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = ("toy", "1", "s")


def stream(mode: str, **changes: object) -> Stream:
    given = {"name": "s", "mode": mode, "read": lambda *_: iter(()), "pages": ("s",), "doc": ""}
    given |= {"follows_since": mode == "report"}
    return Stream(**(given | changes))


REPORT = stream("report", widest=timedelta(days=31), overlap=timedelta(days=28), deep_overlap=timedelta(days=90))
ORDERS = stream(
    "cursor",
    widest=timedelta(days=31),
    overlap=timedelta(hours=1),
    deep_overlap=timedelta(days=60),
    follows_since=True,
)
CUSTOMERS = stream("cursor", overlap=timedelta(days=1), whole_days=True)


def asked(now: datetime = NOW, **changes: object) -> Asked:
    given = {"now": now, "today": now.date(), "since": None, "until": None, "history": 90}
    return Asked(**(given | changes))


class Store:
    """Segments that were never written: a state to plan from."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.run = 0

    def read(self, of: Stream, given: Asked, *, upto: int | None = None, **told: object) -> list[Task]:
        """Plan and pretend that the first `upto` units were read, all of them if not said."""
        tasks = plan(of, self.units(), given)
        self.run += 1
        for task in tasks[:upto]:
            self.add(task, given, **told)
        return tasks

    def add(self, task: Task, given: Asked, **told: object) -> None:
        window = task.window
        header = Header(
            run=self.run,
            run_id=f"{self.run:016x}",
            source="toy",
            account="1",
            stream="s",
            seq=len(self.segments) + 1,
            unit=unit_name(window),
            part=0,
            final=True,
            started_at=given.now.isoformat(),
            finished_at=given.now.isoformat(),
            api_version="1",
            first=window.first and window.first.isoformat(),
            last=window.last and window.last.isoformat(),
            since=window.since and window.since.isoformat(),
            until=window.until and window.until.isoformat(),
            round=task.round,
            round_ends=task.round_ends,
            begins=task.begins,
            closed=(given.today - timedelta(days=1)).isoformat(),
            deep=task.deep,
            **told,
        )
        self.segments.append(Segment(Path(f"{header.seq}"), header))

    def units(self):
        return State(self.segments).units(*KEY)

    def forget(self, number: int) -> Segment:
        return self.segments.pop(number)


def days(tasks: list[Task]) -> list[tuple[str, str]]:
    return [(str(task.window.first), str(task.window.last)) for task in tasks]


def times(tasks: list[Task]) -> list[tuple[datetime | None, datetime | None]]:
    return [(task.window.since, task.window.until) for task in tasks]


class TestReports:
    def test_a_first_sync_reads_the_history_in_widest_units(self):
        """90 days before the first of March and that day itself: 31, 31, 29."""
        assert days(plan(REPORT, [], asked())) == [
            ("2025-12-01", "2025-12-31"),
            ("2026-01-01", "2026-01-31"),
            ("2026-02-01", "2026-03-01"),
        ]

    def test_the_next_day_reads_the_overlap_counted_from_the_first_day_not_covered(self):
        store = Store()
        store.read(REPORT, asked())
        tomorrow = asked(NOW + timedelta(days=1))
        assert days(store.read(REPORT, tomorrow)) == [("2026-02-02", "2026-03-02")]

    def test_long_after_the_last_sync_the_overlap_still_counts_from_there(self):
        """Not from today: first uncovered 2 March, less 28 days; a week has passed, so 90 days, from 2 December."""
        store = Store()
        store.read(REPORT, asked())
        later = plan(REPORT, store.units(), asked(NOW + timedelta(days=40)))
        assert days(later)[0][0] == "2025-12-02"
        assert days(later)[-1][1] == "2026-04-10"
        assert all(task.deep for task in later)

    def test_the_wide_overlap_comes_once_a_week(self):
        store = Store()
        store.read(REPORT, asked())
        starts = [days(store.read(REPORT, asked(NOW + timedelta(days=n))))[0][0] for n in range(1, 9)]
        first_missing = date(2026, 3, 2)
        wide = [
            first_missing + timedelta(days=n) - timedelta(days=90) == date.fromisoformat(starts[n]) for n in range(8)
        ]
        assert wide == [False, False, False, False, False, False, True, False]

    def test_the_accounts_look_back_widens_the_overlap(self):
        store = Store()
        store.read(REPORT, asked())
        tasks = plan(REPORT, store.units(), asked(NOW + timedelta(days=1)), lookback_days=45)
        assert days(tasks)[0][0] == str(date(2026, 3, 2) - timedelta(days=45))

    def test_with_a_standing_clock_nothing_is_due_again(self):
        store = Store()
        store.read(REPORT, asked())
        assert plan(REPORT, store.units(), asked()) == []

    @pytest.mark.parametrize("gone", [0, 1, 2])
    def test_with_a_standing_clock_a_lost_unit_comes_back_and_no_other(self, gone):
        """The first unit too: each header says where the history begins."""
        store = Store()
        before = store.read(REPORT, asked())
        store.forget(gone)
        assert days(plan(REPORT, store.units(), asked())) == [days(before)[gone]]

    def test_an_asked_range_is_read_again_whole(self):
        store = Store()
        range_ = asked(since=date(2026, 1, 10), until=date(2026, 2, 20))
        first = store.read(REPORT, range_)
        assert days(first) == [("2026-01-10", "2026-02-09"), ("2026-02-10", "2026-02-20")]
        assert days(store.read(REPORT, range_)) == days(first)

    def test_an_asked_range_that_was_interrupted_goes_on(self):
        store = Store()
        range_ = asked(since=date(2026, 1, 1))
        store.read(REPORT, range_, upto=1)
        assert days(store.read(REPORT, range_)) == [("2026-02-01", "2026-03-01")]
        assert len(store.read(REPORT, range_)) == 2

    def test_nothing_behind_today_is_asked_for(self):
        assert days(plan(REPORT, [], asked(since=date(2026, 2, 25), until=date(2026, 5, 1))))[-1][1] == "2026-03-01"
        assert plan(REPORT, [], asked(since=date(2026, 4, 1))) == []

    def test_a_hole_left_by_ranges_is_filled(self):
        """December was asked for alone, so January is the first day not covered."""
        store = Store()
        store.read(REPORT, asked(since=date(2025, 12, 1), until=date(2025, 12, 31)))
        tasks = plan(REPORT, store.units(), asked(NOW + timedelta(days=1)))
        assert days(tasks)[0][0] == str(date(2026, 1, 1) - timedelta(days=28))

    def test_a_day_that_was_open_is_read_again_without_any_overlap(self):
        """The first of March was read at noon; what came after is not known, though a unit covers the day."""
        store, of = Store(), stream("report")
        store.read(of, asked())
        assert days(store.read(of, asked(NOW + timedelta(days=1)))) == [("2026-03-01", "2026-03-02")]

    def test_a_new_report_reaches_as_far_back_as_the_accounts_others(self):
        """Even where it is first met by a sync that was asked for a few days only: the rest comes with the next one."""
        old = date(2025, 6, 1)
        assert days(plan(REPORT, [], asked(begins=old)))[0][0] == "2025-06-01"
        store = Store()
        assert days(store.read(REPORT, asked(since=date(2026, 2, 25), begins=old))) == [("2026-02-25", "2026-03-01")]
        later = store.read(REPORT, asked(NOW + timedelta(days=1)))
        assert (days(later)[0][0], days(later)[-1][1]) == ("2025-06-01", "2026-03-02")

    def test_a_look_back_that_changes_counts_from_the_next_sync_on(self):
        """The newest that was told, be it longer or shorter, and never less than the stream's own overlap."""
        store, starts = Store(), []
        for number, told in enumerate((28, 60, 200, 7, 7)):
            now = asked(NOW + timedelta(days=number))
            lookback = State(store.segments).lookback_days("toy", "1")
            tasks = plan(REPORT, store.units(), now, lookback_days=lookback)
            starts.append(days(tasks)[0][0])
            store.run += 1
            for task in tasks:
                store.add(task, now, lookback_days=told)
        missing = date(2026, 3, 2)
        back = [missing + timedelta(days=n) - timedelta(days=lag) for n, lag in enumerate((28, 60, 90, 28))]
        assert starts[1:] == [str(day) for day in back]


class TestCursors:
    def test_a_first_sync_of_orders_starts_at_midnight_utc(self):
        tasks = plan(ORDERS, [], asked())
        assert times(tasks)[0][0] == datetime(2025, 12, 1, tzinfo=UTC)
        assert times(tasks)[-1][1] == NOW
        assert all(left[1] == right[0] for left, right in zip(times(tasks), times(tasks)[1:], strict=False))

    def test_the_next_sync_starts_an_hour_before_the_newest_record(self):
        """Not at the clock, not at the bound that was asked for."""
        store = Store()
        store.read(ORDERS, asked(), newest="2026-02-27T08:00:00Z")
        later = NOW + timedelta(days=1)
        assert times(plan(ORDERS, store.units(), asked(later))) == [(datetime(2026, 2, 27, 7, tzinfo=UTC), later)]

    def test_once_a_week_orders_go_back_sixty_days(self):
        store = Store()
        store.read(ORDERS, asked(), newest="2026-02-27T08:00:00Z")
        tasks = plan(ORDERS, store.units(), asked(NOW + timedelta(days=7)))
        assert times(tasks)[0][0] == datetime(2026, 2, 27, 8, tzinfo=UTC) - timedelta(days=60)

    def test_an_interrupted_first_sync_goes_on_from_what_is_there(self):
        store = Store()
        store.read(ORDERS, asked(), upto=1, newest="2025-12-31T23:00:00Z")
        tasks = plan(ORDERS, store.units(), asked(NOW + timedelta(minutes=5)))
        assert times(tasks)[0][0] == datetime(2025, 12, 31, 22, tzinfo=UTC)

    @pytest.mark.parametrize("gone", [0, 1, 2])
    def test_with_a_standing_clock_a_lost_window_comes_back_and_no_other(self, gone):
        store = Store()
        before = store.read(ORDERS, asked(), newest="2026-02-27T08:00:00Z")
        assert plan(ORDERS, store.units(), asked()) == []
        store.forget(gone)
        assert times(plan(ORDERS, store.units(), asked())) == [times(before)[gone]]

    def test_until_does_not_bound_orders(self):
        tasks = plan(ORDERS, [], asked(since=date(2026, 2, 1), until=date(2026, 2, 10)))
        assert times(tasks)[-1][1] == NOW

    def test_customers_are_read_whole_once_and_then_from_the_start_of_the_day_before(self):
        store = Store()
        assert times(store.read(CUSTOMERS, asked(), newest="2026-02-27T08:00:00Z")) == [(None, NOW)]
        later = NOW + timedelta(days=1)
        assert times(plan(CUSTOMERS, store.units(), asked(later))) == [(datetime(2026, 2, 26, tzinfo=UTC), later)]

    def test_since_does_not_touch_customers(self):
        store = Store()
        store.read(CUSTOMERS, asked(), newest="2026-02-27T08:00:00Z")
        assert plan(CUSTOMERS, store.units(), asked(since=date(2026, 1, 1))) == []

    def test_a_shop_without_records_is_read_from_its_start_again(self):
        store = Store()
        store.read(CUSTOMERS, asked())
        assert times(plan(CUSTOMERS, store.units(), asked(NOW + timedelta(hours=1))))[0][0] is None

    def test_no_stretch_between_what_was_read_and_the_newest_record_is_left_out(self):
        """A long first sync met a record that had changed after the sync began: the time up to it is still to be read.

        Read up to noon of 1 March, newest record three hours later; the next sync begins at noon, not at 14:00.
        """
        store = Store()
        store.read(ORDERS, asked(), newest="2026-03-01T15:00:00Z")
        later = NOW + timedelta(days=1)
        assert times(plan(ORDERS, store.units(), asked(later))) == [(NOW, later)]

    def test_a_hole_reaches_to_where_the_overlap_begins(self):
        """January is lost, and the newest record is of its middle: one stretch from its start on, none of it left."""
        store = Store()
        store.read(ORDERS, asked(), newest="2026-01-15T00:00:00Z")
        lost = store.forget(1)
        tasks = plan(ORDERS, store.units(), asked(NOW + timedelta(days=1)))
        assert times(tasks)[0][0] == datetime.fromisoformat(lost.header.since)
        assert all(left[1] == right[0] for left, right in zip(times(tasks), times(tasks)[1:], strict=False))

    def test_keys_left_unfinished_outlive_a_sync_that_fails_half_way(self):
        """The first unit takes them, so that no other unit of that run can pass for having read them."""
        store = Store()
        store.read(ORDERS, asked(), newest="2026-02-27T08:00:00Z")
        store.segments[-1] = Segment(Path("x"), _with(store.segments[-1].header, again=("a",)))
        week_later = asked(NOW + timedelta(days=7))
        tasks = plan(ORDERS, store.units(), week_later)
        assert [task.window.again for task in tasks] == [("a",), (), ()]

    def test_orders_left_unfinished_are_read_again_once(self):
        store = Store()
        store.read(ORDERS, asked(), upto=None, newest="2026-02-27T08:00:00Z")
        store.segments[-1] = Segment(Path("x"), _with(store.segments[-1].header, again=("b", "a")))
        tasks = store.read(ORDERS, asked(NOW + timedelta(hours=1)), newest="2026-02-27T09:00:00Z")
        assert [task.window.again for task in tasks] == [("a", "b")]
        assert plan(ORDERS, store.units(), asked(NOW + timedelta(hours=2)))[-1].window.again == ()


class TestSnapshots:
    def test_they_are_read_each_time_the_clock_has_moved(self):
        of = stream("snapshot")
        store = Store()
        assert store.read(of, asked()) == [Task(Window())]
        assert plan(of, store.units(), asked()) == []
        assert plan(of, store.units(), asked(NOW + timedelta(seconds=1))) == [Task(Window())]


class TestListings:
    """Snapshots that list another stream's records again."""

    LISTING = stream("snapshot", every=timedelta(days=7), lists="orders")

    @pytest.fixture
    def orders(self) -> Store:
        store = Store()
        store.read(ORDERS, asked(), newest="2026-02-28T00:00:00Z")
        return store

    def test_what_was_just_read_is_not_listed(self, orders):
        for days in (0, 6):
            assert plan(self.LISTING, (), asked(NOW + timedelta(days=days)), listed=orders.units()) == []
        assert plan(self.LISTING, (), asked(NOW + timedelta(days=30))) == []

    def test_a_week_later_all_is_listed_that_was_ever_asked_for(self, orders):
        [task] = plan(self.LISTING, (), asked(NOW + timedelta(days=7)), listed=orders.units())
        assert task.window == Window(since=datetime(2025, 12, 1, tzinfo=UTC))

    def test_a_list_stays_good_for_a_week(self, orders):
        listings = Store()
        [task] = plan(self.LISTING, (), asked(NOW + timedelta(days=7)), listed=orders.units())
        listings.add(task, asked(NOW + timedelta(days=7)))
        for days, due in ((13, 0), (14, 1)):
            given = asked(NOW + timedelta(days=days))
            assert len(plan(self.LISTING, listings.units(), given, listed=orders.units())) == due


class TestLoads:
    def test_of_each_day_the_newest_unit_speaks(self):
        """Even where it has no row for that day: days are replaced whole."""
        store = Store()
        store.read(REPORT, asked())
        store.read(REPORT, asked(NOW + timedelta(days=1)))
        spoken = {load.path.name: load.days for load in State(store.segments).loads()}
        assert [(name, str(days[0]), str(days[-1])) for name, days in spoken.items()] == [
            ("1", "2025-12-01", "2025-12-31"),
            ("2", "2026-01-01", "2026-01-31"),
            ("3", "2026-02-01", "2026-02-01"),
            ("4", "2026-02-02", "2026-03-02"),
        ]

    def test_a_unit_whose_days_are_all_spoken_for_is_not_loaded(self):
        store = Store()
        range_ = asked(since=date(2026, 2, 1), until=date(2026, 2, 5))
        store.read(REPORT, range_)
        store.read(REPORT, range_)
        assert [load.path.name for load in State(store.segments).loads()] == ["2"]

    def test_of_a_snapshot_the_newest_is_loaded(self):
        of, store = stream("snapshot"), Store()
        store.read(of, asked())
        store.read(of, asked(NOW + timedelta(hours=1)))
        assert [load.path.name for load in State(store.segments).loads()] == ["2"]

    def test_of_a_cursor_all_are_loaded(self):
        store = Store()
        store.read(ORDERS, asked(), newest="2026-02-27T08:00:00Z")
        store.read(ORDERS, asked(NOW + timedelta(hours=1)), newest="2026-02-27T08:00:00Z")
        assert len(State(store.segments).loads()) == len(store.segments)

    def test_a_segment_that_comes_later_counts_at_once(self):
        """They are found once for a build, and again when there is one more."""
        of, store = stream("snapshot"), Store()
        store.read(of, asked())
        state = State(store.segments)
        assert [load.path.name for load in state.loads()] == ["1"]
        store.read(of, asked(NOW + timedelta(hours=1)))
        state.add(store.segments[-1])
        assert [load.path.name for load in state.loads()] == ["2"]


class TestState:
    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_a_unit_is_complete_in_whatever_order_its_parts_come(self, order):
        store = Store()
        store.read(CUSTOMERS, asked())
        [whole] = store.segments
        parts = [Segment(Path(f"{n}"), _with(whole.header, part=n, seq=n + 1, final=n == 2)) for n in range(3)]
        [unit] = State(parts[n] for n in order).units(*KEY)
        assert [segment.path.name for segment in unit.segments] == ["0", "1", "2"]
        assert State(parts[n] for n in order[:2]).units(*KEY) == []

    def test_a_unit_is_counted_once_even_if_a_part_comes_twice(self):
        store = Store()
        store.read(CUSTOMERS, asked())
        assert len(State([*store.segments, *store.segments]).units(*KEY)) == 1


def _with(header: Header, **changes: object) -> Header:
    from dataclasses import replace

    return replace(header, **changes)

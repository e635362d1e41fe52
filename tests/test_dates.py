"""Days as a person writes them: what each word means, and what is said of those that mean nothing."""

from datetime import UTC, date, datetime

import pytest

from growthos.dates import Today, check, day, resolve, since_when
from growthos.errors import ExitCode, UsageError
from growthos.period import Period

TODAY = Today(date(2026, 3, 30))
THROUGH = date(2026, 3, 28)  # a source is a day behind


def period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, period("2026-03-22", "2026-03-28")),
        (None, "2026-03-10", period("2026-03-04", "2026-03-10")),
        ("7d", None, period("2026-03-22", "2026-03-28")),
        ("1d", None, period("2026-03-28", "2026-03-28")),
        ("28d", "2026-02-28", period("2026-02-01", "2026-02-28")),
        ("2026-03-01", None, period("2026-03-01", "2026-03-28")),
        ("2026-03-01", "2026-03-01", period("2026-03-01", "2026-03-01")),
        ("yesterday", None, period("2026-03-29", "2026-03-29")),
        ("yesterday", "2026-04-02", period("2026-03-29", "2026-04-02")),
        ("mtd", None, period("2026-03-01", "2026-03-28")),
        ("last-month", None, period("2026-02-01", "2026-02-28")),
        ("last-month", "yesterday", period("2026-02-01", "2026-03-29")),
        ("3d", "last-month", period("2026-02-26", "2026-02-28")),
        ("2024-02-29", "2024-02-29", period("2024-02-29", "2024-02-29")),
    ],
)
def test_a_window_is_what_was_said(since, until, expected):
    assert resolve(since, until, THROUGH, TODAY) == expected


def test_an_explicit_end_past_the_data_is_taken_as_it_is():
    assert resolve("2026-03-27", "2026-04-05", THROUGH, TODAY).last == date(2026, 4, 5)


def test_the_month_to_date_is_not_empty_when_no_day_of_it_is_complete():
    """On the first of a month the data end in the month before: the window is today, and a warning says so."""
    assert resolve("mtd", None, date(2026, 3, 31), Today(date(2026, 4, 1))) == period("2026-04-01", "2026-04-01")


def test_words_follow_the_reporting_zone():
    """03:30 in UTC is still the evening before in New York."""
    instant = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)
    assert Today.at(instant, "America/New_York").words()["yesterday"].first == date(2026, 2, 27)
    assert Today.at(instant, "UTC").words()["yesterday"].first == date(2026, 2, 28)


def test_last_month_of_january_is_december():
    assert Today(date(2026, 1, 15)).words()["last-month"] == period("2025-12-01", "2025-12-31")


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        ("tomorrow", None, "is no date"),
        ("2026-3-1", None, "is no date"),
        ("20260301", None, "is no date"),
        ("2026-W10-1", None, "is no date"),
        ("2026-02-30", None, "no such day"),
        ("0d", None, "1d to 3660d"),
        ("999999d", None, "1d to 3660d"),
        ("1999-12-31", None, "out of range"),
        ("0001-01-01", None, "out of range"),
        ("-7d", None, "is no date"),
        ("\N{ARABIC-INDIC DIGIT SEVEN}d", None, "is no date"),
        ("", None, "is no date"),
        (None, "7d", "is no day"),
        (None, "mtd", "is no day"),
        (None, "soon", "is no date"),
        (None, "", "is no date"),
        ("2026-03-20", "2026-03-10", "leaves no day"),
        ("2026-03-30", None, "leaves no day"),
    ],
)
def test_what_is_no_date_is_told_with_an_example(since, until, says):
    with pytest.raises(UsageError, match=says) as caught:
        resolve(since, until, THROUGH, TODAY)
    assert caught.value.code == ExitCode.USAGE
    assert "2026-03-29" in caught.value.hint


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, (None, None)),
        ("7d", None, (date(2026, 3, 24), None)),
        ("7d", "2026-03-10", (date(2026, 3, 4), date(2026, 3, 10))),
        ("last-month", None, (date(2026, 2, 1), None)),
        (None, "yesterday", (None, date(2026, 3, 29))),
    ],
)
def test_a_sync_counts_back_from_today_and_no_word_ends_it(since, until, expected):
    """An end would lower `data_through`, which nobody who says `--since last-month` asked for."""
    assert since_when(since, until, TODAY) == expected


@pytest.mark.parametrize(("since", "until"), [("2026-03-31", None), ("2026-03-20", "2026-03-10")])
def test_a_sync_is_not_asked_for_the_future_or_backwards(since, until):
    with pytest.raises(UsageError):
        since_when(since, until, TODAY)


def test_one_day_names_the_option_it_was_given_to():
    with pytest.raises(UsageError, match="--until 'x'"):
        day("x", TODAY, "--until")


def test_a_first_day_of_the_future_is_told_before_anything_is_opened():
    """Where the data end is not known yet; with a last day of its own a window may lie anywhere."""
    with pytest.raises(UsageError, match="lies in the future; today is 2026-03-30"):
        check("2026-03-31", None, TODAY)
    check("2026-03-30", None, TODAY)
    check("2027-01-01", "2027-01-31", TODAY)

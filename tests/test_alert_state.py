"""How alerts stand: every change from one state to another, by days written down one by one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growthos.alert_state import RESOLVED_DAYS, Standing, follow, is_settled

FIRST = date(2026, 3, 1)


def march(day: int) -> date:
    return date(2026, 3, day)


def days(said: str) -> list[tuple[date, bool]]:
    """Days from the first of March: `F` fires, `.` is quiet, `?` has too little data or is not asked about."""
    return [(FIRST + timedelta(days=number), one == "F") for number, one in enumerate(said)]


def stands(said: str, *, for_days: int = 1, keep: int = 2) -> Standing:
    return follow(days(said), for_days=for_days, keep=keep)


@pytest.mark.parametrize(
    ("said", "for_days", "expected"),
    [
        ("...", 1, Standing()),
        ("???", 1, Standing()),
        ("..F", 0, Standing("firing", march(3), march(3))),
        ("..F", 1, Standing("pending", march(3), march(3))),
        (".FF", 1, Standing("firing", march(2), march(3))),
        (".FF", 2, Standing("pending", march(2), march(3))),
        ("FFF", 2, Standing("firing", march(1), march(3))),
        # What is pending and does not fire is let go, and waits anew.
        ("F.", 1, Standing()),
        ("F?F", 1, Standing("pending", march(3), march(3))),
        ("F.F.F.F.", 1, Standing()),
        # What fires is kept for two days, is the same one if it fires again in them, and is let go on the third.
        ("FF.", 1, Standing("kept", march(1), march(2))),
        ("FF..", 1, Standing("kept", march(1), march(2))),
        ("FF.?", 1, Standing("kept", march(1), march(2))),
        ("FF..F", 1, Standing("firing", march(1), march(5))),
        ("FF.F.F.F..", 1, Standing("kept", march(1), march(8))),
        ("FF...", 1, Standing("resolved", march(1), march(2), march(5))),
        ("FF???", 1, Standing("resolved", march(1), march(2), march(5))),
        # For a week it is resolved, then it is as if it had never been.
        ("FF.........", 1, Standing("resolved", march(1), march(2), march(5))),
        ("FF..........", 1, Standing()),
        # Another one after it is another one.
        ("FF...F", 1, Standing("pending", march(6), march(6))),
        ("FF...FF", 1, Standing("firing", march(6), march(7))),
        ("FF...F.", 1, Standing()),
        ("F...F", 0, Standing("firing", march(5), march(5))),
    ],
)
def test_how_it_stands_after_some_days(said, for_days, expected):
    assert stands(said, for_days=for_days) == expected


def test_with_nothing_to_keep_it_is_resolved_on_the_first_quiet_day():
    assert stands("FF.", keep=0) == Standing("resolved", march(1), march(2), march(3))
    assert stands("FF?", keep=0).state == "resolved", "a missing sample is none that keeps it"


history = st.text("F.?", min_size=1, max_size=60)


@given(said=history, for_days=st.integers(0, 3), keep=st.integers(0, 3))
def test_asked_day_by_day_or_at_the_end_it_stands_alike(said, for_days, keep):
    """Whatever a look back begins with: as far as it goes back, it tells the same as one over all days."""
    whole = days(said)
    for end in range(1, len(whole) + 1):
        asked = whole[:end]
        expected = follow(asked, for_days=for_days, keep=keep)
        for start in range(end):
            if is_settled(asked[start:], asked[-1][0], keep):
                assert follow(asked[start:], for_days=for_days, keep=keep) == expected


@given(said=history, for_days=st.integers(0, 3), keep=st.integers(0, 3))
def test_what_fires_has_fired_long_enough_and_rested_no_longer_than_it_is_kept(said, for_days, keep):
    """The same without going from day to day: runs of days, found in the text itself."""
    found = stands(said, for_days=for_days, keep=keep)
    fired = said.replace("?", ".")
    rests = [len(one) for one in fired.split("F")]
    if found.firing:
        assert found.active_since is not None
        begun = fired[(found.active_since - FIRST).days :]
        assert "F" * (for_days + 1) in begun
        assert "." * (keep + 1) not in begun
    elif fired.endswith("F" * (for_days + 1)):
        pytest.fail("it fires for long enough at the end")
    elif found.state == "inactive" and fired.endswith("F"):
        pytest.fail("it fires at the end")
    assert found.state != "kept" or 0 < rests[-1] <= keep


def test_it_is_forgotten_after_a_week_whether_a_look_goes_far_back_or_not():
    for more in range(RESOLVED_DAYS + 5):
        said = "FF..." + "." * more
        assert stands("....." + said).state == stands(said).state

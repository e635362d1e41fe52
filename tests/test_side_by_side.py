"""Sources are read at once; one that breaks ends all, and none is waited for in vain."""

from threading import Barrier, Event

import pytest

from growthos import side_by_side as module
from growthos.side_by_side import side_by_side


def test_all_jobs_run_at_once():
    """Each waits for the other two: one after the other they would wait for ever."""
    meet = Barrier(3, timeout=10)
    assert sorted(side_by_side([lambda number=number: number + 0 * meet.wait() for number in range(3)], Event())) == [
        0,
        1,
        2,
    ]


def test_results_come_as_they_are_ready():
    first_is_out = Event()

    def slow() -> str:
        assert first_is_out.wait(10)
        return "slow"

    results = []
    for result in side_by_side([slow, lambda: "quick"], Event()):
        results.append(result)
        first_is_out.set()
    assert results == ["quick", "slow"]


def test_one_that_raises_stops_the_others_and_is_heard():
    stop, seen = Event(), []

    def patient() -> None:
        seen.append(stop.wait(10))

    def broken() -> None:
        raise ArithmeticError("broken")

    with pytest.raises(ArithmeticError, match="broken"):
        list(side_by_side([patient, broken], stop))
    assert seen == [True]


def test_a_job_that_does_not_stop_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.05)
    never = Event()

    def broken() -> None:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        list(side_by_side([lambda: never.wait(30), broken], Event()))
    never.set()

"""Readings that newer ones replace are let go, and no number changes."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from stage import Stage
from test_compaction import history, told

from growthos import compaction, pipeline
from growthos.clock import DemoClock
from growthos.errors import UsageError
from growthos.home import Home
from growthos.pruning import prune, superseded
from growthos.raw import Segment, scan
from growthos.raw_check import verify as verify_file
from growthos.raw_files import look
from growthos.state import State, Unit
from growthos.verify import verify


@pytest.mark.parametrize(
    ("seed", "keep"),
    [(0, 1), (1, 2), *(pytest.param(seed, 1 + seed % 3, marks=pytest.mark.chaos) for seed in range(2, 80))],
)
def test_what_counts_stays_as_it_is(tmp_path, monkeypatch, seed, keep):
    """Of small files and of those that were put together, of which the small ones are still there."""
    home, dice = Home(tmp_path), random.Random(seed)
    history(home.raw, dice)
    monkeypatch.setattr(compaction, "FEW", 3)
    if seed % 2 == 0:
        list(compaction.compact(State.read(home.raw)[0]))
    _, _, loads, numbers, run, _ = told(home.raw)
    cursors = [unit.header for unit in State.read(home.raw)[0].units("shopify", "1001", "orders")]
    dry = prune(home, keep, yes=False)
    done = prune(home, keep, yes=True)
    assert (dry.streams, dry.done, done.done) == (done.streams, False, True)
    after = told(home.raw)
    assert after[2:5] == (loads, numbers, run)
    state = State.read(home.raw)[0]
    assert [unit.header for unit in state.units("shopify", "1001", "orders")] == cursors
    assert not any(superseded(state.units(*key), keep) for key in sorted(state.keys()))
    assert prune(home, keep, yes=True).units == 0
    gone = look(home.raw).gone
    assert len(gone) >= done.units
    for path in scan(home.raw):
        verify_file(path, bodies=True)


def test_each_day_keeps_as_many_readings_as_were_asked_for(tmp_path):
    history(tmp_path / "raw", random.Random(5), 20)
    state = State.read(tmp_path / "raw")[0]
    units = state.units("meta", "1001", "campaign_insights")
    for keep in (1, 2, 3):
        stays = [unit for unit in units if unit not in superseded(units, keep)]
        for day in {day for unit in units for day in unit.days}:
            read = [unit for unit in units if day in unit.days]
            assert [unit for unit in stays if day in unit.days][-keep:] == read[-keep:]


@pytest.mark.long
def test_the_numbers_are_the_same_before_and_after_and_nothing_is_due(tmp_path, monkeypatch):
    """A rebuild from what stays comes to the same, no file is missed, and the next sync asks for nothing."""
    stage = Stage(tmp_path / "home", monkeypatch, history=5)
    home = Home(stage.root)
    stage.sync()
    stage.pass_days(1)
    stage.sync()
    before = stage.marts()
    done = prune(home, 1, yes=True)
    assert done.units
    assert done.after is not None
    assert done.after < done.before
    pipeline.rebuild(home, stage.settings(), DemoClock(stage.now), pipeline.Watcher())
    assert stage.marts() == before
    assert verify(home, stage.settings(), DemoClock(stage.now), read_data=True).findings == ()
    stage.sync()
    assert stage.requests == []


def test_what_was_read_of_an_unfinished_backfill_stays(tmp_path):
    """Else it would be asked for once more; when the backfill has come to its end, it goes."""
    history(tmp_path / "raw", random.Random(5), 20)
    state = State.read(tmp_path / "raw")[0]
    [older, *_, newest] = state.units("meta", "1001", "campaign_insights")
    asked = Unit((Segment(tmp_path, replace(older.header, round="2026-01-01..")),))
    later = replace(older.header, run=newest.header.run + 1)
    assert superseded([asked, Unit((Segment(tmp_path, later),))], 1) == []
    ended = Unit((Segment(tmp_path, replace(later, round="2026-01-01..", round_ends=True)),))
    assert superseded([asked, ended], 1) == [asked]


def test_one_reading_stays_at_least(tmp_path):
    with pytest.raises(UsageError, match="at least 1"):
        prune(Home(Path(tmp_path)), 0, yes=True)

"""Many small raw files become one, and nothing that is derived from them can tell."""

import os
import random
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from stage import Stage

from growthos import compaction, pipeline, raw
from growthos.clock import DemoClock
from growthos.connectors.terms import Page
from growthos.home import Home
from growthos.losses import losses
from growthos.raw import Header, UnitWriter
from growthos.raw_check import verify
from growthos.raw_files import look
from growthos.raw_rewrite import rewrite
from growthos.state import State

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
STREAMS = (("meta", "campaign_insights", "report"), ("shopify", "orders", "cursor"), ("meta", "campaigns", "snapshot"))


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def few(monkeypatch) -> None:
    """Three files of a stream are many."""
    monkeypatch.setattr(compaction, "FEW", 3)


@pytest.fixture
def stage(copied_stage) -> Stage:
    return copied_stage


def history(root: Path, dice: random.Random, runs: int = 12, streams: Any = STREAMS) -> None:
    """Runs as they may have come: units of one part, of several, of no page, cut off, begun again, overlapping."""
    numbers: dict[str, int] = {}
    for run in range(1, runs):
        for source, stream, mode in streams:
            for attempt in range(dice.randrange(3)):
                at = AT + timedelta(days=run, minutes=attempt)
                header = Header(
                    run=run,
                    run_id=f"{dice.randrange(2**64):016x}",
                    source=source,
                    account="1001",
                    stream=stream,
                    seq=numbers.get(stream, 1),
                    unit="all",
                    part=0,
                    final=False,
                    started_at=at.isoformat(),
                    finished_at=at.isoformat(),
                    api_version="v1",
                    reached=("1001", "1002"),
                )
                if mode == "report":
                    first = date(2026, 1, 1) + timedelta(days=dice.randrange(20))
                    last = first + timedelta(days=dice.randrange(10))
                    header = replace(header, first=str(first), last=str(last), unit=f"{first}..{last}")
                if mode == "cursor":
                    header = replace(header, until=at.isoformat(), unit=f"..{at.isoformat()}")
                writer = UnitWriter(root, header)
                for _ in range(dice.choice((0, 1, 3, raw.PAGES_PER_SEGMENT + 1))):
                    body = dice.randbytes(dice.randrange(40))
                    again = ("a",) * dice.randrange(3)
                    writer.add(Page(stream=stream, body=body, request="GET", status=200, records=1, again=again), at)
                writer.finish(at) if dice.random() < 0.7 else writer.keep(at)
                numbers[stream] = header.seq + len(writer.written)


def told(root: Path) -> tuple[Any, ...]:
    """All that anything is derived from: headers, units, what counts and for which days, the next numbers."""
    state, damaged = State.read(root)
    keys = [(source, "1001", stream) for source, stream, _ in STREAMS]
    return (
        sorted(map(str, state.headers())),
        [[(unit.header, unit.order) for unit in state.units(*key)] for key in keys],
        [(load.segment, load.days) for load in state.loads()],
        [state.next_seq(*key) for key in keys],
        state.last_run,
        damaged,
    )


def pages(root: Path) -> list[tuple[Any, ...]]:
    """Every page of every segment, whatever file it is in."""
    import pyarrow.parquet as pq

    paths = sorted({one.path for one in look(root).segments})
    return sorted(str(row) for path in paths for row in pq.read_table(path).to_pylist())


def tidy(root: Path) -> None:
    """What a run does when it has read and built: first what an earlier one replaced."""
    state, _ = State.read(root)
    list(compaction.clear(root, state.replaced))
    list(compaction.compact(state))


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(2, 60))])
def test_nothing_tells_many_files_from_one(tmp_path, seed):
    """Again and again, with new files in between, and bundles that go into larger ones."""
    dice = random.Random(seed)
    history(tmp_path, dice)
    before, contents = told(tmp_path), pages(tmp_path)
    for _ in range(3):
        tidy(tmp_path)
        assert told(tmp_path) == before
        assert pages(tmp_path) == contents
    assert len(list(raw.scan(tmp_path))) < 3 * len(STREAMS)
    for path in raw.scan(tmp_path):
        verify(path, bodies=True)


@pytest.mark.parametrize("call", ["os.open", "os.fsync", "os.rename", "os.unlink", "os.close"])
def test_a_kill_at_any_step_changes_nothing(tmp_path, monkeypatch, call):
    """The n-th call of its kind is the last, before it or after it, for n = 1, 2, 3 until a run ends by itself."""
    history(tmp_path / "raw", random.Random(7), 4, STREAMS[:1])
    before, contents = told(tmp_path / "raw"), pages(tmp_path / "raw")
    assert len(list(raw.scan(tmp_path / "raw"))) >= compaction.FEW
    plain, name = getattr(os, call.partition(".")[2]), call.partition(".")[2]
    for late in (False, True):
        ended, step = False, 0
        while not ended:
            step += 1
            home = tmp_path / f"{late}-{step}"
            shutil.copytree(tmp_path / "raw", home)
            count = 0

            def killed(*arguments: Any, step: int = step, late: bool = late, **named: Any) -> Any:
                nonlocal count
                count += 1
                if count == step and not late:
                    raise KilledError
                result = plain(*arguments, **named)
                if count == step:
                    raise KilledError
                return result

            with monkeypatch.context() as patch:
                patch.setattr(os, name, killed)
                try:
                    tidy(home)
                    tidy(home)
                    ended = True
                except KilledError:
                    pass
            assert told(home) == before
            for path in raw.strays(home):
                path.unlink()
            tidy(home)
            tidy(home)
            assert (told(home), pages(home)) == (before, contents)
            shutil.rmtree(home)
        assert step > 1


@pytest.mark.long
def test_a_sync_puts_files_together_and_builds_nothing_anew(stage, monkeypatch):
    """The numbers stay, the database is not touched, the next sync finds nothing due; a rebuild comes to the same."""
    monkeypatch.setattr(compaction, "FEW", 2)
    stage.pass_days(2)
    stage.sync()
    assert (replaced := State.read(stage.root / "raw")[0].replaced)
    published = (stage.root / "growthos.duckdb").read_bytes()
    state = told(stage.root / "raw")
    report = stage.sync()
    assert (report.built, stage.requests) == (None, [])
    assert (stage.root / "growthos.duckdb").read_bytes() == published
    assert told(stage.root / "raw") == state
    assert not any(path.exists() for path in replaced)
    shown = stage.marts()
    shutil.rmtree(stage.root / "work")
    pipeline.rebuild(Home(stage.root), stage.settings(), DemoClock(stage.now), pipeline.Watcher())
    assert stage.marts() == shown


def test_a_damaged_bundle_leaves_what_it_was_made_of(tmp_path):
    """Until it has been read to its end, the files that it replaced are there and count again without it."""
    home = Home(tmp_path)
    history(home.raw, random.Random(3))
    before = told(home.raw)
    tidy(home.raw)
    [bundle, *_] = (path for path in raw.scan(home.raw) if path not in State.read(home.raw)[0].replaced)
    content = bytearray(bundle.read_bytes())
    content[40] ^= 1
    bundle.write_bytes(content)
    tidy(home.raw)
    bundle.rename(tmp_path / "quarantine.parquet")
    assert told(home.raw) == before


def test_a_bundle_set_aside_is_a_loss_of_each_segment_in_it_that_is_nowhere_else(tmp_path):
    home = Home(tmp_path)
    history(home.raw, random.Random(3))
    tidy(home.raw)
    bundles = State.read(home.raw)[0].files()
    home.quarantine.mkdir()
    for bundle in bundles:
        shutil.copy(bundle, home.quarantine / f"20260301T000000.{'.'.join(bundle.relative_to(home.raw).parts)}")
    assert losses(home, State.read(home.raw)[0]) == []
    shutil.rmtree(home.raw)
    lost = {loss.unit for loss in losses(home, State.read(home.raw)[0])}
    assert lost
    assert any(".." in unit for unit in lost)


def test_what_is_large_waits_until_as_much_has_come_after_it():
    """A year of files is written again a few times, not daily."""
    big, small = compaction.SMALL * 10, 1000
    files = [(Path("1"), big), *((Path(str(number)), small) for number in range(2, 5))]
    assert compaction.batches(files) == [[Path("2"), Path("3"), Path("4")]]
    halves = [(Path("1"), compaction.LARGEST // 2 + 1), (Path("2"), compaction.LARGEST // 2)]
    assert compaction.batches(halves) == []
    assert compaction.batches([(Path("1"), small), (Path("2"), small)]) == [[Path("1"), Path("2")]]


def test_a_file_of_another_seal_than_the_bundle_says_is_left_to_a_person(tmp_path):
    history(tmp_path, random.Random(3))
    tidy(tmp_path)
    old, *_ = State.read(tmp_path)[0].replaced
    other = next(path for path in State.read(tmp_path)[0].replaced if path != old)
    old.write_bytes(other.read_bytes())
    tidy(tmp_path)
    assert old.exists()
    assert not other.exists()


def test_what_was_let_go_of_a_bundle_does_not_come_back_with_an_old_copy(tmp_path):
    """Put together twice, one segment let go, and all the small files laid back as from a backup."""
    history(tmp_path, random.Random(7), 4, STREAMS[:1])
    files = list(raw.scan(tmp_path))
    first = raw.read_header(files[0])
    once = rewrite(files).path
    twice = rewrite([once]).path
    rewrite([twice], keep=lambda header: header != first)
    once.unlink()
    twice.unlink()
    assert all(path.exists() for path in files)
    assert first not in State.read(tmp_path)[0].headers()
    assert len(list(State.read(tmp_path)[0].headers())) == len(files) - 1

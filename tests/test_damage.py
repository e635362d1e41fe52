"""A damaged raw file is seen before anything is built from it, is set aside, and what it held is read again."""

import json
import random
import shutil
from dataclasses import asdict, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest
from small_shop import START
from stage import Stage

from growthos import pipeline, raw
from growthos.clock import DemoClock
from growthos.connectors import find
from growthos.connectors.terms import Page
from growthos.errors import ExitCode, NewerError, NoDataError
from growthos.home import Home
from growthos.intact import intact
from growthos.losses import losses
from growthos.outcome import SyncReport
from growthos.quarantine import set_aside
from growthos.raw import DamagedSegmentError
from growthos.raw_check import damaged, verify
from growthos.render import sync_page
from growthos.state import State


@pytest.fixture
def stage(copied_stage) -> Stage:
    return copied_stage


def rebuild(stage: Stage) -> SyncReport:
    return pipeline.rebuild(Home(stage.root), stage.settings(), DemoClock(stage.now), pipeline.Watcher())


def look(stage: Stage) -> list[Path]:
    """Set aside what is damaged of all that counts, as a build does before it begins; which files those were."""
    found: list[Path] = []

    def aside(path: Path) -> None:
        found.append(path)
        set_aside(Home(stage.root), path, stage.now)

    state, broken = State.read(stage.root / "raw")
    for path in broken:
        aside(path)
    intact(Home(stage.root), state, (), aside)
    return found


def damaged_paths(paths: list[Path]) -> list[Path]:
    return [path for path, _ in damaged(paths)]


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def segment(root: Path, stream: str) -> Path:
    [found] = [path for path in raw.scan(root / "raw") if path.parent.name == stream]
    return found


def left(stage: Stage) -> list[str]:
    """The units that were set aside and not read again."""
    return [loss.unit for loss in losses(Home(stage.root), State.read(stage.root / "raw")[0])]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(1, 30))])
def test_no_flipped_bit_goes_unseen(synced_stage, tmp_path, seed):
    """Two hundred places over all the files, each alone."""
    dice, files = random.Random(seed), list(raw.scan(synced_stage.root / "raw"))
    path, unseen = tmp_path / "one.parquet", []
    for _ in range(200):
        shutil.copyfile(file := dice.choice(files), path)
        verify(path)
        flip(path, bit := dice.randrange(path.stat().st_size * 8))
        if damaged_paths([path]) == []:
            unseen.append((file, bit))
    assert unseen == []


@pytest.mark.parametrize("bodies", [False, True])
def test_what_was_not_written_is_no_segment(synced_stage, tmp_path, bodies):
    """Cut anywhere, or empty, or longer than it was."""
    content = segment(synced_stage.root, "orders").read_bytes()
    path = tmp_path / "one.parquet"
    for changed in (b"", content[:7], content[:-1], content[:-9], content + b"\0", content[:4000] + content[4100:]):
        path.write_bytes(changed)
        with pytest.raises(DamagedSegmentError):
            verify(path, bodies=bodies)


LONG = [
    *("campaign_insights", "shop", "customers", "products", "order_counts", "events", "totals", "traffic", "account"),
    *("campaign_metrics", "conversion_actions", "customer_metrics", "keyword_metrics", "keywords", "ad_insights"),
]


@pytest.mark.long
@pytest.mark.parametrize("stream", ["orders", *(pytest.param(one, marks=pytest.mark.chaos) for one in LONG)])
def test_a_body_that_rotted_is_set_aside_and_its_unit_read_again(stage, stream):
    """The build goes on with the rest and says so; the next sync reads exactly this unit; the numbers are as before."""
    before, path = stage.marts(), segment(stage.root, stream)
    flip(path, 8 * 100)
    report = rebuild(stage)
    [(source, code, message)] = report.notices
    assert (source, code) == (path.relative_to(stage.root / "raw").parts[0], "set_aside")
    assert str(path.relative_to(stage.root)) in message
    assert report.built
    assert not path.exists()
    assert len(left(stage)) == 1
    again = stage.sync()
    assert (again.exit_code, again.notices) == (0, ())
    assert [one.header.stream for report in again.sources for one in report.segments] == [stream]
    assert left(stage) == []
    assert stage.marts() == before
    assert stage.sync().built is None


def test_each_stream_is_read_again(stage):
    """One file of each, all at once; and none but those."""
    names = [unit.header for source in find() for unit in stage.state().all_units(source)]
    units = {(one.source, one.stream): one.unit for one in names}
    for path in raw.scan(stage.root / "raw"):
        flip(path, 8 * 100)
    assert len(look(stage)) == len(left(stage)) == len(units)
    again = [one.header for source in find() for one in stage.read(source).segments]
    assert {(one.source, one.stream): one.unit for one in again} == units
    assert left(stage) == []
    assert look(stage) == []


def test_a_header_that_rotted_still_tells_what_is_to_be_read_again(stage):
    """Its text is found in the file, though the file is no longer one that can be opened."""
    path = segment(stage.root, "traffic")
    unit = raw.read_header(path).unit
    path.write_bytes(path.read_bytes()[:-4] + b"PAR2")
    assert look(stage) == [path]
    assert left(stage) == [unit]
    assert stage.read("ga4").units == 1
    assert left(stage) == []


def test_a_file_that_tells_nothing_any_more_is_made_good_once_nothing_is_missing(stage):
    segment(stage.root, "orders").write_bytes(b"")
    look(stage)
    assert left(stage) == ["a range that cannot be made out"]
    assert stage.read("shopify").units == 1
    assert left(stage) == []


def test_what_the_same_run_read_after_it_makes_nothing_good(stage):
    """The oldest stretch of a long history; those after it leave no hole between them."""
    known = set(raw.scan(stage.root / "raw"))
    stage.read("meta", since=START.date() - timedelta(days=100))
    new = sorted(set(raw.scan(stage.root / "raw")) - known)
    oldest, *others = [path for path in new if path.parent.name == "campaign_insights"]
    assert others
    oldest.write_bytes(b"")
    assert look(stage) == [oldest]
    assert left(stage) == ["a range that cannot be made out"]


def test_days_that_an_older_unit_covers_are_read_again_as_well(stage):
    """What counts until then is what was known before; the overlap alone would never reach back so far."""
    stage.pass_days(1)
    assert stage.read("ga4", since=START.date() - timedelta(days=stage.history)).units
    *_, newest = [path for path in raw.scan(stage.root / "raw") if path.parent.name == "traffic"]
    lost = raw.read_header(newest)
    flip(newest, 8 * 100)
    stage.pass_days(1)
    assert look(stage) == [newest]
    [loss] = losses(Home(stage.root), stage.state())
    assert (loss.days[0].isoformat(), loss.days[-1].isoformat()) == (lost.first, lost.last)
    stage.read("ga4")
    assert left(stage) == []


def test_an_older_unit_that_counts_in_its_place_is_looked_at_in_its_turn(stage):
    stage.pass_days(1)
    assert stage.read("ga4", since=START.date() - timedelta(days=stage.history)).units
    older, newer = (path for path in raw.scan(stage.root / "raw") if path.parent.name == "traffic")
    assert older not in {load.path for load in stage.state().loads()}
    for path in (older, newer):
        flip(path, 8 * 100)
    assert look(stage) == [newer, older]


def test_what_a_source_no_longer_has_is_named_until_it_has(stage):
    """65, above whatever else the run came to; a sync of other sources has no part in it."""
    path = segment(stage.root, "traffic")
    unit = raw.read_header(path).unit
    flip(path, 8 * 100)
    look(stage)
    stage.refuse = lambda _, days: httpx.Response(400, json={"error": {"code": 400}}) if days else None
    report = stage.sync("ga4")
    assert report.exit_code == ExitCode.DAMAGED
    [lost] = report.lost
    assert lost.startswith(f"ga4 402715588: traffic of {unit} was damaged and could not be read again")
    assert lost in "".join(one.text for one in sync_page.page(report, stage.settings(), quiet=True))
    assert left(stage) == [unit]
    assert stage.sync("meta").lost == ()


def test_what_an_interrupted_run_kept_is_no_loss(stage):
    """It never counted, so nothing is missing where it is damaged."""
    path = segment(stage.root, "traffic")
    writer = raw.UnitWriter(stage.root / "raw", replace(raw.read_header(path), seq=2, run=2, run_id="2" * 16))
    writer.add(Page("traffic", b"{}", "GET /", 200, 0), stage.now)
    writer.keep(stage.now)
    [kept] = [one.path for one in writer.written]
    kept.write_bytes(kept.read_bytes()[:-4] + b"PAR2")
    assert look(stage) == [kept]
    assert left(stage) == []


def test_a_sync_that_writes_all_it_builds_from_looks_at_nothing(tmp_path, monkeypatch):
    """What it has just written it knows; so the first sync costs no second reading."""
    looked: list[Path] = []
    monkeypatch.setattr("growthos.intact.damaged", lambda paths: looked.extend(paths) or ())
    stage = Stage(tmp_path / "home", monkeypatch)
    assert stage.sync("ga4").built
    assert looked == []


@pytest.mark.long
def test_a_sync_that_builds_from_what_others_wrote_looks_at_it(stage):
    """What is published was made of the file when it was whole; where it is gone, the file is what there is."""
    before, path = stage.marts(), segment(stage.root, "traffic")
    flip(path, 8 * 100)
    (stage.root / "growthos.duckdb").unlink()
    report = stage.sync()
    assert [code for _, code, _ in report.notices] == ["set_aside"]
    assert not path.exists()
    stage.sync()
    assert stage.marts() == before


def test_where_nothing_whole_is_left_a_rebuild_says_so(stage):
    for path in raw.scan(stage.root / "raw"):
        flip(path, 8 * 100)
    with pytest.raises(NoDataError):
        rebuild(stage)
    assert len(left(stage)) == len(list((stage.root / "quarantine").iterdir()))


def test_a_file_of_a_newer_version_is_left_alone(stage):
    """Whatever it adds to the header may matter, so nothing is read, built or set aside."""
    path = segment(stage.root, "shop")
    for added in ({"format": raw.FORMAT + 1}, {"what_we_do_not_know": 1}):
        header = {**asdict(raw.read_header(path)), **added}
        told = json.dumps(header, sort_keys=True).encode()
        text = json.dumps(header | {"header_sha256": sha256(told).hexdigest()})
        newer = path.with_name(f"0000000009-{'9' * 16}.parquet")
        pq.write_table(pq.read_table(path).replace_schema_metadata({raw.METADATA_KEY: text}), newer)
        before = {one: one.read_bytes() for one in (stage.root / "raw").rglob("*.parquet")}
        for run in (stage.sync, lambda: rebuild(stage)):
            with pytest.raises(NewerError) as told_of:
                run()
            assert told_of.value.code == ExitCode.SETTINGS
        assert {one: one.read_bytes() for one in (stage.root / "raw").rglob("*.parquet")} == before
        assert not (stage.root / "quarantine").exists()

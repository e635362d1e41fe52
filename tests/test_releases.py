"""The raw files are enough: those of every release, and those of a backup, build to what was built from them."""

import json
import shutil
from pathlib import Path

import pytest
import release
from small_shop import START, marts
from stage import Stage

from growthos import pipeline, verify
from growthos.clock import DemoClock
from growthos.home import Home

RELEASES = sorted(release.RELEASES.iterdir())


@pytest.mark.long
@pytest.mark.parametrize("of", [pytest.param(one, id=one.name) for one in RELEASES])
def test_the_files_of_a_release_build_to_what_it_built(of: Path, tmp_path, monkeypatch):
    """Whatever has been added since: the columns that the release had hold what they held; and a sync goes on there."""
    shutil.copytree(of / "raw", tmp_path / "home" / "raw")
    stage = release.stage(tmp_path / "home", monkeypatch)
    told = json.loads((of / "marts.json").read_text())
    assert release.built(stage, told) == told
    assert stage.sync().exit_code == 0
    found = verify.verify(Home(stage.root), stage.settings(), DemoClock(START), read_data=True)
    assert found.findings == ()


@pytest.mark.long
def test_a_backup_of_the_raw_files_alone_restores_everything(synced_stage, tmp_path, monkeypatch):
    """Copied to an empty folder, in whatever order, and built anew: the same marts, and the next sync asks nobody."""
    home = Home(tmp_path / "restored")
    files = sorted((synced_stage.root / "raw").rglob("*.parquet"), reverse=True)
    for path in files:
        target = home.raw / path.relative_to(synced_stage.root / "raw")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    stage = Stage(home.root, monkeypatch, now=synced_stage.now)
    report = pipeline.rebuild(home, stage.settings(), DemoClock(stage.now), pipeline.Watcher())
    assert (report.exit_code, report.notices) == (0, ())
    assert stage.marts() == marts(synced_stage.root)
    again = stage.sync()
    assert (again.built, stage.requests) == (None, [])

"""A power cut at any instant: what was published is there and whole, and what was not is never taken for it."""

import shutil
from pathlib import Path

import pytest
from power_loss import Disk
from test_raw import AT, page
from test_raw import header as header_of

from growthos import folders, raw
from growthos.home import Home
from growthos.raw import UnitWriter
from growthos.state import State

BODIES = [bytes([65 + number]) * 40_000 for number in range(3)]


def published(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Disk, dict[Path, bytes]]:
    """The deeds of a first sync into a home that is not there yet, in short: three segments of two streams."""
    disk, home = Disk(root), Home(root / "clients" / "one")
    with disk.watched(monkeypatch):
        folders.make_home(home)
        for seq, (stream, body) in enumerate(zip(("orders", "orders", "products"), BODIES, strict=True), 1):
            writer = UnitWriter(home.raw, header_of(stream=stream, seq=seq, source="shopify", unit=f"2026-01-0{seq}"))
            writer.add(page(body, stream=stream), AT)
            writer.finish(AT)
            for segment in writer.written:
                disk.promise(segment.path)
    return disk, {path.relative_to(root): path.read_bytes() for path in raw.scan(home.raw)}


def first_wrong(root: Path, disk: Disk, whole: dict[Path, bytes], seed: int = 1) -> str | None:
    """The first state in which something published is missing, or something that is there is not whole."""
    seen = set()
    for number, (files, promised, words) in enumerate(disk.states(seed)):
        if (state := (frozenset(files.items()), len(promised))) in seen:
            continue
        seen.add(state)
        place = root / str(number)
        for path, data in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(data)
        home = Home(place / "clients" / "one")
        found = {path.relative_to(place): path.read_bytes() for path in raw.scan(home.raw)}
        _, damaged = State.read(home.raw)
        shutil.rmtree(place, ignore_errors=True)
        if missing := [path for path in promised if path not in found]:
            return f"{words}: {missing[0]} is lost"
        if broken := [path for path, data in found.items() if data != whole[path]]:
            return f"{words}: {broken[0]} is taken for whole" if not damaged else f"{words}: {broken[0]} is damaged"
        assert not damaged
    return None


def test_a_power_cut_loses_nothing_that_was_published(tmp_path, monkeypatch):
    """From the making of the home on: every cut, and seven ways in which what was not flushed may have gone."""
    disk, whole = published(tmp_path / "disk", monkeypatch)
    assert len(whole) == 3
    assert first_wrong(tmp_path, disk, whole) is None


@pytest.mark.parametrize(
    ("left_out", "harm"),
    [
        ("the flush of the file", "is damaged"),
        ("the flush of the folder", "is lost"),
        ("the flush of the folders above", "is lost"),
    ],
)
def test_without_a_flush_it_would(tmp_path, monkeypatch, left_out, harm):
    """What the test above is worth: with one kind of flush less there is a cut that harms."""
    disk, whole = published(tmp_path / "disk", monkeypatch)
    segments = {path.parent for path in whole}
    gone = {
        "the flush of the file": lambda deed: deed.kind == "flush",
        "the flush of the folder": lambda deed: deed.kind == "flush folder" and deed.path in segments,
        "the flush of the folders above": lambda deed: deed.kind == "flush folder" and deed.path not in segments,
    }[left_out]
    disk.deeds = [deed for deed in disk.deeds if not gone(deed)]
    assert harm in str(first_wrong(tmp_path, disk, whole))

"""Raw segments hold each response byte for byte, and say themselves what they are."""

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from growthos import raw, raw_seal
from growthos.connectors.terms import Page, Window
from growthos.raw import DamagedSegmentError, Header, UnitWriter
from growthos.raw_check import verify
from growthos.state import State

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = b'\xff\xfe{"amount": 1.10, "twice": 1, "twice": 2, "big": 1234567890123456789012.10}\x00'


def header(**changes: object) -> Header:
    given = {
        "run": 1,
        "run_id": "0123456789abcdef",
        "source": "meta",
        "account": "1001",
        "stream": "campaign_insights",
        "seq": 1,
        "unit": "2026-01-01..2026-01-31",
        "part": 0,
        "final": False,
        "started_at": AT.isoformat(),
        "finished_at": AT.isoformat(),
        "api_version": "v26.0",
        "first": "2026-01-01",
        "last": "2026-01-31",
    }
    return Header(**(given | changes))


def page(body: bytes = b"{}", **changes: object) -> Page:
    given = {"stream": "campaign_insights", "body": body, "request": "GET /x", "status": 200, "records": 1}
    return Page(**(given | changes))


def write(root: Path, *bodies: bytes, finish: bool = True, **changes: object) -> UnitWriter:
    writer = UnitWriter(root, header(**changes))
    for body in bodies:
        writer.add(page(body), AT)
    if finish:
        writer.finish(AT)
    else:
        writer.keep(AT)
    return writer


def test_a_body_is_kept_byte_for_byte(tmp_path):
    """Bytes that are no UTF-8, double keys and long numbers come back as they went in."""
    [segment] = write(tmp_path, HOSTILE, b"").written
    assert pq.read_table(segment.path).column("body").to_pylist() == [HOSTILE, b""]


def test_a_segment_is_on_disk_before_it_is_seen_and_its_name_before_it_counts(tmp_path, monkeypatch):
    """Flushed whole under another name, then renamed, then its folder flushed: no power cut leaves half of one."""
    steps, fsync = [], os.fsync

    def noted(handle: int) -> None:
        about = Path(f"/proc/self/fd/{handle}").readlink()
        seen = [path.name for path in tmp_path.rglob("*.parquet")]
        steps.append((about.name, about.stat().st_size if about.is_file() else None, seen))
        fsync(handle)

    write(tmp_path, b"{}")  # the folders are there from now on
    monkeypatch.setattr(os, "fsync", noted)
    [segment] = write(tmp_path, b"{}" * 9, seq=2).written
    old, name = "0000000001-0123456789abcdef.parquet", segment.path.name
    assert steps == [
        (f".{name}.tmp", segment.path.stat().st_size, [old]),
        ("campaign_insights", None, steps[1][2]),
    ]
    assert sorted(steps[1][2]) == [old, name]


def test_a_segment_says_what_it_is(tmp_path):
    [segment] = write(tmp_path, b"{}").written
    assert raw.read_header(segment.path) == segment.header
    assert segment.path == tmp_path / "meta/1001/campaign_insights/0000000001-0123456789abcdef.parquet"
    row = pq.read_table(segment.path).to_pylist()[0]
    assert (row["unit_start"], row["unit_end"], row["page"]) == (date(2026, 1, 1), date(2026, 1, 31), 0)


def test_a_segment_from_before_a_field_of_its_header_is_no_less_whole(tmp_path):
    """What the header did not say then is as it is by default; a word of it that was changed is still seen."""
    [segment] = write(tmp_path, b"{}", given="9").written
    table = pq.read_table(segment.path)
    stored = json.loads(table.schema.metadata[raw.METADATA_KEY])
    for name in ("header_sha256", "given", "reached"):
        del stored[name]
    old = stored | {"header_sha256": sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()}
    pq.write_table(table.replace_schema_metadata({raw.METADATA_KEY: json.dumps(old)}), segment.path)
    assert raw.read_header(segment.path) == replace(segment.header, given="")
    pq.write_table(table.replace_schema_metadata({raw.METADATA_KEY: json.dumps(old | {"run": 7})}), segment.path)
    with pytest.raises(DamagedSegmentError):
        raw.read_header(segment.path)


def test_a_unit_of_many_pages_is_several_segments_and_the_last_is_final(tmp_path):
    """Pages are numbered through the unit, not through the segment."""
    writer = write(tmp_path, *[b"{}"] * (2 * raw.PAGES_PER_SEGMENT + 1))
    assert [one.header.final for one in writer.written] == [False, False, True]
    assert [one.header.part for one in writer.written] == [0, 1, 2]
    assert [one.header.seq for one in writer.written] == [1, 2, 3]
    numbers = [row for one in writer.written for row in pq.read_table(one.path).column("page").to_pylist()]
    assert numbers == list(range(2 * raw.PAGES_PER_SEGMENT + 1))


def test_a_unit_that_fills_a_segment_exactly_still_ends_with_a_final_one(tmp_path):
    writer = write(tmp_path, *[b"{}"] * raw.PAGES_PER_SEGMENT)
    assert [one.header.final for one in writer.written] == [True]


def test_a_unit_without_pages_is_complete_too(tmp_path):
    writer = write(tmp_path)
    assert State(writer.written).units("meta", "1001", "campaign_insights")


def test_a_unit_that_failed_keeps_its_pages_and_does_not_count(tmp_path):
    writer = write(tmp_path, b"{}", finish=False)
    state, damaged = State.read(tmp_path)
    assert len(writer.written) == 1
    assert not state.units("meta", "1001", "campaign_insights")
    assert not damaged
    assert state.loads() == ()


def test_a_unit_with_a_missing_part_does_not_count(tmp_path):
    writer = write(tmp_path, *[b"{}"] * (raw.PAGES_PER_SEGMENT + 1))
    writer.written[0].path.unlink()
    state, _ = State.read(tmp_path)
    assert not state.units("meta", "1001", "campaign_insights")


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "header"])
def test_a_damaged_segment_is_seen(tmp_path, damage):
    [segment] = write(tmp_path, b"{}" * 500).written
    content = segment.path.read_bytes()
    segment.path.write_bytes(
        {
            "empty": b"",
            "text": b"<html>no</html>",
            "cut": content[: len(content) // 2],
            "header": content.replace(b'"account": "1001"', b'"account": "1002"'),
        }[damage]
    )
    with pytest.raises(DamagedSegmentError):
        raw.read_header(segment.path)
    state, damaged = State.read(tmp_path)
    assert damaged == (segment.path,)
    assert state.keys() == []


def test_another_body_in_a_file_that_is_sealed_again_is_seen_when_bodies_are_read(tmp_path):
    """As a program may do that writes the file anew: every byte is sealed, and it is not what came."""
    [segment] = write(tmp_path, b'{"spend": "1.00"}').written
    table = pq.read_table(segment.path)
    other = table.set_column(table.column_names.index("body"), "body", pa.array([b'{"spend": "9.00"}']))
    with segment.path.open("w+b") as file:
        pq.write_table(other.replace_schema_metadata(table.schema.metadata | {raw_seal.KEY: raw_seal.BLANK}), file)
        raw_seal.seal(file)
    verify(segment.path)
    with pytest.raises(DamagedSegmentError, match="bodies are not the ones"):
        verify(segment.path, bodies=True)


def test_files_are_for_their_owner_alone(tmp_path):
    [segment] = write(tmp_path / "raw", b"{}").written
    assert segment.path.stat().st_mode & 0o777 == 0o600
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in list(segment.path.parents)[:3])


def test_no_name_from_outside_becomes_a_path(tmp_path):
    for name in ("../up", "a/b", "", "A", "x" * 65, "nul\0"):
        with pytest.raises(ValueError, match="folder"):
            raw.folder(tmp_path, "meta", name, "campaigns")


def test_the_unit_of_a_window_is_named_for_its_range():
    assert raw.unit_name(Window()) == "all"
    assert raw.unit_name(Window(first=date(2026, 1, 1), last=date(2026, 1, 2))) == "2026-01-01..2026-01-02"
    assert raw.unit_name(Window(until=AT)) == f"..{AT.isoformat()}"


def test_what_was_learnt_over_all_pages_stands_in_the_final_header(tmp_path):
    writer = UnitWriter(tmp_path, header())
    writer.add(page(newest="2026-01-02T00:00:00Z", again=("a",), time_zone="Europe/Berlin"), AT)
    writer.add(page(newest="2026-01-01T00:00:00Z", lookback_days=45), AT)
    writer.finish(AT)
    told = raw.read_header(writer.written[-1].path)
    assert (told.newest, told.again, told.time_zone) == ("2026-01-02T00:00:00Z", ("a",), "Europe/Berlin")
    assert (told.lookback_days, told.records, told.pages) == (45, 2, 2)

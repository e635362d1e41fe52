"""The databases are made of the raw files and nothing else: whatever happens to them, the next run makes them anew."""

import os
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest
from stage import Stage

from growthos import cli, pipeline, raw, warehouse
from growthos.build import built_from, published_fingerprint
from growthos.clock import DemoClock
from growthos.errors import BusyError, DamagedDataError, ExitCode
from growthos.home import Home
from growthos.outcome import SyncReport
from growthos.warehouse.database import SCHEMA, refused

MIX, LOW = 0xBF58476D1CE4E5B9, (1 << 64) - 1


@pytest.fixture
def stage(copied_stage) -> Stage:
    return copied_stage


def rebuild(stage: Stage) -> SyncReport:
    return pipeline.rebuild(Home(stage.root), stage.settings(), DemoClock(stage.now), pipeline.Watcher())


def zeroed(path: Path) -> None:
    """The headers gone, as a disk may lose them."""
    path.write_bytes(bytes(3 * 4096) + path.read_bytes()[3 * 4096 :])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def begun(path: Path) -> None:
    """A kill while the file was being created."""
    path.write_bytes(path.read_bytes()[:100])


def foreign(path: Path) -> None:
    """Another program's file."""
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("create table orders (id)")
        other.commit()


def strange(path: Path) -> None:
    """A DuckDB file, but not one of ours."""
    path.unlink()
    with closing(duckdb.connect(path)) as con:
        con.execute("create table orders as select 1 as id")


def torn(path: Path) -> None:
    """A log beside it that is another database's."""
    other = path.with_name("other.duckdb")
    with closing(duckdb.connect(other)) as con:
        con.execute("create table other as select range as id from range(1000)")
        shutil.copyfile(f"{other}.wal", f"{path}.wal")
    other.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


BREAK: list[Callable[[Path], None]] = [zeroed, cut, begun, foreign, strange, torn, emptied]


@pytest.mark.parametrize("broken", BREAK)
def test_a_published_database_that_cannot_be_read_is_damaged_and_nothing_else(stage, broken):
    """So a reading command ends with 65 and says what to do, and a sync knows that it has to be made anew."""
    broken(Home(stage.root).database)
    with pytest.raises(DamagedDataError) as damage:
        published_fingerprint(Home(stage.root))
    assert "growthos rebuild" in damage.value.hint


@pytest.mark.parametrize("broken", [zeroed, *(pytest.param(one, marks=pytest.mark.chaos) for one in BREAK[1:])])
@pytest.mark.parametrize("run", [Stage.sync, pytest.param(rebuild, marks=pytest.mark.chaos)])
def test_a_broken_database_is_set_aside_and_made_anew(stage, run, broken):
    """From the raw files alone: nobody is asked; and the run says so."""
    home, before = Home(stage.root), stage.marts()
    broken(home.database)
    report = run(stage)
    assert (report.exit_code, report.built is not None, stage.requests) == (0, True, [])
    [(source, code, message)] = report.notices
    assert (source, code) == ("database", "set_aside")
    assert "growthos.duckdb is damaged and was set aside" in message
    assert {path.name.partition(".")[2] for path in home.quarantine.iterdir()} >= {"growthos.duckdb"}
    assert not home.database.with_name("growthos.duckdb.wal").exists()
    assert stage.marts() == before


@pytest.mark.chaos
def test_a_lost_database_comes_back_without_a_word_of_damage(stage):
    before = stage.marts()
    Home(stage.root).database.unlink()
    report = stage.sync()
    assert (report.exit_code, report.notices, stage.requests) == (0, (), [])
    assert stage.marts() == before


@pytest.mark.chaos
def test_another_duckdb_makes_it_anew_and_the_same(stage, monkeypatch):
    """From the raw files, though nothing new was read."""
    before = stage.marts()
    monkeypatch.setattr(duckdb, "__version__", "9.9.9")
    report = stage.sync()
    assert (report.exit_code, report.built is not None, stage.requests) == (0, True, [])
    assert stage.marts() == before


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that has a database open for writing."""
    script = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        yield process
        process.communicate(timeout=20)


@pytest.mark.long
def test_a_program_that_holds_what_is_published_blocks_no_sync(stage):
    """It keeps the file that it has open; a lock is never taken for damage."""
    home, before = Home(stage.root), stage.marts()
    inode = home.database.stat().st_ino
    with held(home.database):
        report = stage.sync()
        assert (report.exit_code, report.notices) == (0, ())
        assert home.database.stat().st_ino != inode
        assert stage.marts() == before
    assert not home.quarantine.exists()


def newer_storage(path: Path) -> None:
    """As if a DuckDB of years to come had written it."""
    content = bytearray(path.read_bytes())
    content[12:20] = struct.pack("<Q", 70_000)
    made = 5381
    for (word,) in struct.iter_unpack("<Q", bytes(content[8:4096])):
        made ^= word * MIX & LOW
    content[:8] = struct.pack("<Q", made)
    path.write_bytes(content)


def newer_tables(path: Path) -> None:
    """As if a growthos of years to come had published it."""
    with closing(duckdb.connect(path)) as con:
        con.execute(f"update run_info set config_hash = '{SCHEMA + 1}-x'")


@pytest.mark.parametrize("newer", [newer_storage, newer_tables])
def test_a_database_of_a_newer_version_is_left_alone(stage, newer, capsys):
    """78 from every command, and not a byte of the home is another."""
    home = Home(stage.root.rename(stage.root.with_name("demo")))
    newer(home.database)
    kept = {path: path.read_bytes() for path in (*home.raw.rglob("*.parquet"), home.database)}
    for command in ("sync", "rebuild", "kpis", "alerts"):
        assert cli.run(["--home", str(home.root.parent), "--demo", command]) == ExitCode.SETTINGS
        assert "was written by a newer growthos" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (*home.raw.rglob("*.parquet"), home.database)} == kept
    assert not home.quarantine.exists()


@pytest.mark.parametrize(
    "said",
    [
        'Cannot open file "x": Too many open files',
        'Could not read from file "x": Input/output error',
        'Could not write file "x": No space left on device',
        'Cannot open file "x": Permission denied',
        'Cannot open file "x": Too many levels of symbolic links',
    ],
)
def test_what_the_system_refuses_is_no_damage(said, tmp_path):
    """The file may be as good as ever, so nothing sets it aside."""
    meant = refused(tmp_path / "x", duckdb.IOException(f"IO Error: {said}"))
    assert isinstance(meant, OSError)
    assert meant.errno


@pytest.mark.skipif(not shutil.which("strace"), reason="without strace nobody sees what is called")
def test_a_file_of_another_program_fetches_nothing_from_the_network(stage, tmp_path):
    """DuckDB knows SQLite's files and would fetch what it needs to read them."""
    foreign(Home(stage.root).database)
    calls = tmp_path / "calls"
    program = ["strace", "-f", "-e", "trace=connect,socket", "-o", str(calls), sys.executable, "-m", "growthos"]
    done = subprocess.run(
        [*program, "--home", str(stage.root), "kpis"], env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == ExitCode.DAMAGED
    assert "rebuild`: it makes the file anew" in done.stderr
    assert "connect(" not in calls.read_text()


@pytest.mark.chaos
class TestWorkingDatabase:
    """A large home keeps parsed rows in it from one build to the next."""

    @pytest.fixture
    def large(self, stage, monkeypatch) -> Stage:
        monkeypatch.setattr(warehouse, "LARGE", 0)
        assert rebuild(stage).exit_code == 0
        assert built_from(Home(stage.root), stage.settings(), stage.state())
        return stage

    def test_a_broken_one_is_set_aside_and_all_is_built_from_the_raw_files(self, large):
        """Where it cannot be opened, and where a part of it cannot be read when it is needed."""
        home, before = Home(large.root), large.marts()
        zeroed(home.warehouse)
        home.database.unlink()
        report = large.sync()
        assert (report.exit_code, [code for _, code, _ in report.notices]) == (0, ["set_aside"])
        assert large.marts() == before
        content = bytearray(home.warehouse.read_bytes())
        for place in range(3 * 4096, len(content), 4096):
            content[place + 2000] ^= 1
        home.warehouse.write_bytes(content)
        home.database.unlink()
        report = large.sync()
        assert (report.exit_code, [code for _, code, _ in report.notices]) == (0, ["set_aside"])
        assert large.marts() == before
        assert len(list(home.quarantine.iterdir())) == 2

    def test_a_program_that_holds_it_is_waited_for_and_what_was_read_is_kept(self, large):
        """A minute, then 75; a lock is never taken for damage."""
        home, before = Home(large.root), len(list(raw.scan(large.root / "raw")))
        large.pass_days(1)
        with held(home.warehouse), pytest.raises(BusyError) as busy:
            large.sync("ga4")
        assert busy.value.code == ExitCode.BUSY
        assert len(list(raw.scan(large.root / "raw"))) > before
        assert not home.quarantine.exists()
        report = large.sync("ga4")
        assert (report.exit_code, report.built is not None, large.requests) == (0, True, [])

    def test_rows_that_other_sql_made_are_not_relied_on(self, large, monkeypatch):
        """Then all is parsed again, so each file is looked at again as well."""
        monkeypatch.setattr("growthos.warehouse.working.made_of", lambda: "other SQL, or another DuckDB")
        assert built_from(Home(large.root), large.settings(), large.state()) == set()

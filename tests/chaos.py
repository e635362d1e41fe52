"""Ends the program in every way there is, and says what a home must be like after it and after one clean run.

As a script it kills runs at random until it has hit as many as were asked for: `python tests/chaos.py 1000 [seed]`.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow.parquet as pq

from growthos import raw

PROGRAM = Path(__file__).with_name("chaos_program.py")
OF_THE_RUN = ("run_id", "started_at", "finished_at", "loaded_at", "config_hash", "unit_cost_seen_utc")
"""Columns that say which run made a table, and when; they may differ."""
READ_TWICE = "where entity <> 'unit_costs'"
"""Rows of `run_rows` that count what each run reads anew, so that two runs have more of it than one."""
Tables = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, or below 0 the signal that ended it; and the operations it failed at."""

    code: int
    output: str
    struck: tuple[str, ...] = ()
    memory: int = 0


class Nursery:
    """Runs of the program that are forked from one that has imported everything; one after another."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._told, self._output = place / "told", place / "output"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self._read() == "ready"

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)
        assert self._process.stdout
        self._process.stdout.close()

    def begin(self, scene: str, home: Path, *command: str, **fault: Any) -> int:
        """Begin a run, and give the number of its process; `end` must follow."""
        self._told.unlink(missing_ok=True)
        asked = {"scene": scene, "home": str(home), "command": command, "output": str(self._output)}
        assert self._process.stdin
        self._process.stdin.write(json.dumps({**asked, **fault, "told": str(self._told)}) + "\n")
        self._process.stdin.flush()
        return int(self._read())

    def end(self) -> Ended:
        code, memory = self._read().split()
        struck = tuple(self._told.read_text().splitlines()) if self._told.exists() else ()
        return Ended(int(code), self._output.read_text(errors="replace"), struck, int(memory))

    def run(self, scene: str, home: Path, *command: str, **fault: Any) -> Ended:
        """A whole run."""
        self.begin(scene, home, *command, **fault)
        return self.end()

    def _read(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


@dataclass(frozen=True)
class Scene:
    """What happens to a home: how it is before, the command, and what is published when nobody disturbs it."""

    told: str
    large: bool
    before: Path
    command: tuple[str, ...]
    after: Path
    tables: Tables
    seconds: float

    def begin(self, home: Path) -> Path:
        """A copy of the home as it is before."""
        return _copied(self.before, home)

    def play(self, nursery: Nursery, home: Path, **fault: Any) -> Ended:
        """Run the command."""
        return nursery.run(self.told, home, *self.command, large=self.large, **fault)


@dataclass
class Truth:
    """The scenes, each played once without a fault when somebody asks for it.

    Their names are "first", "later", "rebuild": a sync into an empty home, one a day after it, a rebuild after that.
    With " of large" behind it, the home counts as one of which only what has changed is built.
    """

    place: Path
    nursery: Nursery
    played: dict[str, Scene] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Scene:
        if name not in self.played:
            self.played[name] = self._play(name)
        return self.played[name]

    def _play(self, name: str) -> Scene:
        step, _, size = name.partition(" of ")
        before = self.place / "empty"
        before.mkdir(exist_ok=True)
        if step != "first":
            before = self[name.replace(step, "first" if step == "later" else "later")].after
        after, told = _copied(before, self.place / name), "first" if step == "first" else "later"
        command = ("rebuild",) if step == "rebuild" else ("sync",)
        began = time.monotonic()
        ended = self.nursery.run(told, after, *command, large=size == "large")
        assert ended.code == 0, ended.output
        large = size == "large"
        return Scene(told, large, before, command, after, tables(after, large=large), time.monotonic() - began)


def _copied(home: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(home, target, symlinks=True)
    return target


def tables(home: Path, *, large: bool) -> Tables:
    """Count and hash of the rows of every published table, in whatever order they lie.

    What counts the rows that a build looked at is left out where the home counts as large: two builds of changes look
    at fewer than one does.
    """
    con = duckdb.connect(home / "demo" / "growthos.duckdb", read_only=True)
    try:
        found = con.execute("select table_name from duckdb_tables() where schema_name = 'main' order by 1").fetchall()
        return {name: _hashed(con, name) for (name,) in found if not (large and name == "run_rows")}
    finally:
        con.close()


def _hashed(con: Any, name: str) -> tuple[int, int]:
    [columns] = con.execute(
        "select list(column_name order by column_name) from duckdb_columns() where table_name = ?", [name]
    ).fetchone()
    kept = ", ".join(f'"{one}"' for one in columns if one not in OF_THE_RUN)
    rows = f"select {kept} from {name} {READ_TWICE if name == 'run_rows' else ''}"
    count, total = con.execute(f"select count(*), sum(hash(t)::hugeint) from ({rows}) t").fetchone()
    return count, total


def segments(home: Path) -> dict[str, bytes]:
    """Every published segment as it lies on the disk."""
    root = home / "demo" / "raw"
    return {str(path.relative_to(root)): path.read_bytes() for path in raw.scan(root)}


def unharmed(home: Path, before: Mapping[str, bytes]) -> dict[str, bytes]:
    """After whatever happened: what was published is there as it was, and what is there is whole; gives that."""
    after = segments(home)
    assert before.items() <= after.items(), "a published segment is gone or has changed"
    for name in after:
        raw.read_header(home / "demo" / "raw" / name)
    with contextlib.suppress(FileNotFoundError):
        _readable(home / "demo" / "growthos.duckdb")
    modes(home)
    return after


def _readable(database: Path) -> None:
    if not database.exists():
        raise FileNotFoundError(database)
    con = duckdb.connect(database, read_only=True)
    try:
        con.execute("select run_id from run_info").fetchall()
    finally:
        con.close()


def modes(home: Path) -> None:
    """Everything of the home is its owner's alone."""
    for path in (home / "demo").rglob("*"):
        if not path.is_symlink():
            assert path.stat().st_mode & 0o077 == 0, f"{path} is open to others"


def clean(nursery: Nursery, scene: Scene, home: Path, before: Mapping[str, bytes]) -> None:
    """Run once without a fault: the same tables as if nothing had happened, nothing left over, every segment whole.

    `before` are the segments that there were: none of them is lost.
    """
    ended = scene.play(nursery, home)
    assert ended.code == 0, ended.output
    assert before.items() <= segments(home).items(), "a published segment is gone or has changed"
    found = tables(home, large=scene.large)
    different = [name for name in scene.tables.keys() | found.keys() if found.get(name) != scene.tables.get(name)]
    assert not different, f"{different} differ from what an undisturbed run publishes"
    assert left_over(home) == []
    for path in raw.scan(home / "demo" / "raw"):
        header = raw.read_header(path)
        assert pq.read_table(path, page_checksum_verification=True).num_rows == header.pages
    assert not (home / "demo" / "quarantine").exists(), "a file that was ours was set aside"
    modes(home)


def left_over(home: Path) -> list[Path]:
    """Temporary files."""
    return [path for path in home.rglob("*") if path.name.endswith(".tmp")]


@contextlib.contextmanager
def world() -> Iterator[tuple[Nursery, Truth, Path]]:
    """A nursery, the truth, and a place for homes, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="growthos-chaos-") as folder:
        nursery = Nursery(Path(folder))
        try:
            yield nursery, Truth(Path(folder), nursery), Path(folder)
        finally:
            nursery.close()


@dataclass
class Tally:
    """Kills that met a running process, and those that came too late; homes that were checked, databases deleted."""

    hits: int = 0
    misses: int = 0
    homes: int = 0
    deleted: int = 0


def killed_at_random(nursery: Nursery, truth: Truth, home: Path, seed: int, tally: Tally) -> None:
    """Some runs of one scene, each killed at a moment that the seed chose; then a clean one, and all is as it was."""
    dice = Random(seed)
    scene = truth[dice.choice(["first", "later", "rebuild"]) + dice.choice(["", " of large"])]
    scene.begin(home)
    before = segments(home)
    for _ in range(dice.randint(1, 24)):
        number = nursery.begin(scene.told, home, *scene.command, large=scene.large)
        time.sleep(dice.uniform(0.0, dice.choice([0.35, 0.35, 1.1])) * scene.seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
        ended = nursery.end()
        assert ended.code in {0, -signal.SIGKILL}, ended.output
        tally.hits += ended.code != 0
        tally.misses += ended.code == 0
        before = unharmed(home, before)
        if dice.random() < 0.25:
            tally.deleted += 1
            _delete(home, dice.choice([("growthos.duckdb",), ("work",), ("growthos.duckdb", "work")]))
    clean(nursery, scene, home, before)
    tally.homes += 1


def _delete(home: Path, names: tuple[str, ...]) -> None:
    for path in (home / "demo" / name for name in names):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def main(kills: int, seed: int) -> None:
    """Kill until so many have hit; each line says a seed, so that it can be repeated alone."""
    began, tally = time.monotonic(), Tally()
    with world() as (nursery, truth, place):
        while tally.hits < kills:
            say(f"seed {seed}")
            killed_at_random(nursery, truth, place / "home", seed, tally)
            seed += 1
            say(f"  {tally}, {time.monotonic() - began:.0f} s")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)

"""Whatever ends a run, at whatever instant: one clean run later all is as if nothing had happened.

The whole loops are for `-m chaos`; by default a sample of them is run, by a seed that is printed and that CHAOS_SEED
repeats.
"""

import os
import signal
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import chaos
import pytest
import traced
from chaos import Nursery, Scene, Tally, Truth

from growthos import runs
from growthos.home import Home

CODES = {"kill": 137, "enospc": 73, "eio": 74, "sigterm": 143, "sigint": 130}
SEED = int(os.environ["CHAOS_SEED"])
STEP = int(os.environ.get("CHAOS_STEP", "11"))
SCENES = ["first", "later", "rebuild", "first of large", "later of large", "rebuild of large"]
EARLY = 200
"""So many operations any first sync has, and more."""


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Nursery, Truth, Path]]:
    with chaos.world() as made:
        yield made


def struck(nursery: Nursery, scene: Scene, home: Path, action: str, at: int) -> bool:
    """Run with a fault at the N-th operation and look at what it left; False where the run ended before."""
    before = chaos.segments(home)
    ended = scene.play(nursery, home, action=action, at=at)
    if not ended.struck:
        assert ended.code == 0, ended.output
        return False
    where = f"{action} at {ended.struck[0]}"
    assert ended.code == CODES[action], f"{where}: {ended.code} {ended.output}"
    assert "Traceback" not in ended.output, f"{where}: {ended.output}"
    assert action == "kill" or ended.output.strip(), f"{where}: not a word"
    assert action == "kill" or chaos.left_over(home) == [], where
    chaos.unharmed(home, before)
    return True


@pytest.mark.chaos
@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("action", CODES)
def test_a_fault_at_each_operation(world, action, name):
    """N = 1, 2, 3 … until the run ends by itself: with CHAOS_STEP=1 all, else every so many from where the seed is."""
    nursery, truth, place = world
    print(f"CHAOS_SEED={SEED}")  # noqa: T201 - whoever sees it fail wants to see it again
    scene = truth[name]
    for at in count(1 + SEED % STEP, STEP):
        home = scene.begin(place / "home")
        if not struck(nursery, scene, home, action, at):
            break
        chaos.clean(nursery, scene, home, chaos.segments(home))
    assert at > 20


def test_faults_at_some_operations(world):
    """A sample of the above: one fault after another in the same home, then one clean run."""
    nursery, truth, place = world
    print(f"CHAOS_SEED={SEED}")  # noqa: T201 - whoever sees it fail wants to see it again
    dice, scene = Random(SEED), truth["first"]
    home = scene.begin(place / "home")
    for action in dice.sample(sorted(CODES), 3):
        assert struck(nursery, scene, home, action, dice.randint(1, EARLY))
    chaos.clean(nursery, scene, home, chaos.segments(home))


@pytest.mark.parametrize("kills", [pytest.param(60, marks=pytest.mark.chaos)])
def test_kills_at_random(world, kills):
    """The process is killed from outside, whenever; at times the databases are deleted."""
    nursery, truth, place = world
    tally = Tally()
    for seed in count(SEED):
        print(f"seed {seed}: {tally}")  # noqa: T201
        chaos.killed_at_random(nursery, truth, place / "home", seed, tally)
        if tally.hits >= kills:
            break


@pytest.mark.chaos
@pytest.mark.skipif(traced.STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize("fault", ["kill", "enospc", "eio"])
@pytest.mark.parametrize("name", ["first", "later of large"])
def test_a_fault_at_each_system_call(world, fault, name):
    """The same as above a floor below, where DuckDB writes; as many calls as CHAOS_STEP leaves of all."""
    nursery, truth, place = world
    print(f"CHAOS_SEED={SEED}")  # noqa: T201
    scene = truth[name]
    found = traced.calls(scene, scene.begin(place / "traced"), place / "calls")
    assert {one.name for one in found} >= {"write", "pwrite64", "fsync", "rename"}
    for call in found[SEED % STEP :: STEP]:
        if fault == "enospc" and "write" not in call.name:
            continue
        home = scene.begin(place / "traced")
        before = chaos.segments(home)
        done = traced.meet(scene, home, call, fault)
        told = f"{fault} at {call}: {done.returncode} {done.stderr[-500:]}"
        assert done.returncode in {"kill": {-9}, "enospc": {0, 73}, "eio": {0, 74}}[fault], told
        assert "Traceback" not in done.stderr, told
        chaos.unharmed(home, before)
        chaos.clean(nursery, scene, home, chaos.segments(home))


@pytest.mark.chaos
def test_a_hundred_runs_in_which_much_goes_wrong(world):
    """Each fault meets each run with a chance of 5 %, at any operation; neither files nor memory pile up."""
    nursery, truth, place = world
    print(f"CHAOS_SEED={SEED}")  # noqa: T201
    dice, scene = Random(SEED), truth["later of large"]
    home = scene.begin(place / "soak")
    memory = []
    for _ in range(100):
        action = next((one for one in CODES if dice.random() < 0.05), "note")
        command = dice.choice(["sync", "rebuild"])
        ended = nursery.run(scene.told, home, command, large=True, action=action, at=dice.randint(1, 700))
        assert ended.code in ({CODES[action]} if action in CODES and ended.struck else {0}), ended.output
        memory.append(ended.memory)
    chaos.clean(nursery, scene, home, chaos.segments(home))
    assert max(memory[50:]) < 1.2 * max(memory[:50])
    assert len(kept(home)) <= len(kept(scene.after)) + 10


def kept(home: Path) -> list[Path]:
    """The files of a home, the reports of its runs aside."""
    return [path for path in home.rglob("*") if path.is_file() and path.parent.name != "runs"]


@pytest.mark.chaos
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_run_that_sleeps_for_a_while_goes_on(world, share):
    """As when a machine is closed and opened again: nothing is late by a clock that stood still meanwhile."""
    nursery, truth, place = world
    scene = truth["first"]
    home = scene.begin(place / "home")
    number = nursery.begin(scene.told, home, *scene.command)
    time.sleep(share * scene.seconds)
    for sent in (signal.SIGSTOP, signal.SIGCONT):
        os.kill(number, sent)
        time.sleep(1)
    assert nursery.end().code == 0
    assert chaos.tables(home, large=scene.large) == scene.tables


@pytest.mark.long
def test_a_report_that_was_half_written_is_taken_away(tmp_path):
    home = Home(tmp_path)
    home.runs.mkdir()
    (home.runs / ".0123456789abcdef.json.tmp").write_text("{")
    runs.write(home, "fedcba9876543210", {}, built=False)
    assert sorted(path.name for path in home.runs.iterdir()) == ["fedcba9876543210.json", "latest.json"]

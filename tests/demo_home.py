"""The demo shop in a home of its own, synced once per seed and shared by all tests, whatever process they run in.

Tests read these homes and never write to them; who wants to change something copies the folder first.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from growthos import demo, pipeline, settings
from growthos.clock import DemoClock
from growthos.home import DEMO_SEED, Home

SEEDS = (DEMO_SEED, 43)
NOW = datetime.combine(demo.LAST_DAY + timedelta(days=1), time(0, 30), UTC)
"""Where the demo's clock stands: its last day is complete."""

make_shop = cache(demo.make_shop)
"""The shop of a seed, made once per process."""


def sync(home: Home, seed: int = DEMO_SEED, **asked: Any) -> Any:
    """Sync the demo shop of a seed into a home, as `growthos demo` does; `asked` are the options of `sync`."""
    return pipeline.sync(
        home, settings.demo(), DemoClock(NOW), pipeline.Asked(**asked), pipeline.Watcher(), demo_seed=seed
    )


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Home]:
    """Gives the home of a seed: the first who asks waits for its sync, everybody else finds it done."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    return lambda seed=DEMO_SEED: _synced(shared, seed)


def _synced(shared: Path, seed: int) -> Home:
    home, done = Home(shared / "growthos").demo(seed), shared / f"demo-{seed}.done"
    with FileLock(shared / f"demo-{seed}.lock"):
        if not done.exists():
            report = sync(home, seed)
            assert report.exit_code == 0, report
            done.touch()
    return home

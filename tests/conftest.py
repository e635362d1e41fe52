"""What several tests share."""

import os
import random
import signal
import time
from datetime import UTC, datetime

import pytest
from demo_home import demo_home  # noqa: F401 - a fixture
from stage import copied_stage, synced_stage  # noqa: F401 - fixtures

from growthos.clock import DemoClock

# What is a sample of a long run is another one each time, and the same for all processes of one run.
os.environ.setdefault("CHAOS_SEED", str(time.time_ns() % 1_000_000))
# Who is started in the background of a script ignores it, and with him all that he starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def clock() -> DemoClock:
    """A clock that stands at noon of the first of March 2026 until somebody sleeps."""
    return DemoClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long is for those who ask for it by its mark or its file; a run of everything takes a sample."""
    asked = config.option.markexpr
    left = {one for one in items if asked in {"", "long"} and _is(one, "chaos") and not _is(one, "sample")}
    if not asked and config.args == config.getini("testpaths"):
        left |= {one for one in items if _is(one, "long") and not _is_drawn(one)}
    config.hook.pytest_deselected(items=left)
    items[:] = [one for one in items if one not in left]


def _is(item: pytest.Item, mark: str) -> bool:
    return item.get_closest_marker(mark) is not None


def _is_drawn(item: pytest.Item) -> bool:
    """One in ten, by CHAOS_SEED."""
    return random.Random(f"{os.environ['CHAOS_SEED']} {item.nodeid}").random() < 0.1

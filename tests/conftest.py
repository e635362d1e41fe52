"""What several tests share."""

import os
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
    """Long runs are for those who ask for them, with `-m chaos`; all others run a sample of them."""
    if config.option.markexpr:
        return
    long = [one for one in items if one.get_closest_marker("chaos") and not one.get_closest_marker("sample")]
    config.hook.pytest_deselected(items=long)
    items[:] = [one for one in items if one not in long]

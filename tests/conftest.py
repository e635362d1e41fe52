"""What several tests share."""

from datetime import UTC, datetime

import pytest
from demo_home import demo_home  # noqa: F401 - a fixture

from growthos.clock import DemoClock


@pytest.fixture
def clock() -> DemoClock:
    """A clock that stands at noon of the first of March 2026 until somebody sleeps."""
    return DemoClock(datetime(2026, 3, 1, 12, tzinfo=UTC))

"""A build that waits for whoever has the working database open, and begins anew where that database is broken."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from growthos.build import build
from growthos.clock import Clock
from growthos.errors import BusyError, DamagedDataError, NoDataError
from growthos.home import Home
from growthos.intact import intact
from growthos.state import State

if TYPE_CHECKING:
    from growthos.settings import Settings
    from growthos.warehouse import Built

PATIENCE: Final = 60
"""Seconds to wait for a program that has the working database open."""


@dataclass(frozen=True, slots=True)
class Making:
    """What a build is made with; `own` are the files that this very run has written."""

    home: Home
    settings: "Settings"
    clock: Clock
    run_id: str
    at: datetime
    own: Collection[Path] = ()


def make(with_: Making, state: State, aside: Callable[[Path], None], *, afresh: bool = False) -> "Built":
    """Build and publish; BusyError where another program keeps the working database open for a minute.

    A working database that is broken is set aside, and all is built from the raw files, each looked at before.
    """
    home = with_.home
    building = partial(build, home, with_.settings, run_id=with_.run_id, started_at=with_.at)
    try:
        return _patiently(with_.clock, partial(building, state, afresh=afresh))
    except DamagedDataError:
        if not home.warehouse.exists():
            raise
        aside(home.warehouse)
        whole = intact(home, state, with_.own, aside)
        if not whole.keys():
            hint = "Run `growthos sync`: it reads again what the sources still have."
            raise NoDataError(f"Nothing whole is left in {home.raw} to build from.", hint=hint) from None
        return _patiently(with_.clock, partial(building, whole, afresh=True))


def _patiently(clock: Clock, act: "Callable[[], Built]") -> "Built":
    left = PATIENCE
    while True:
        try:
            return act()
        except BusyError:
            if not left:
                raise
            left -= 1
            clock.sleep(1)

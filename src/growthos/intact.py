"""Before anything is built from a segment, each byte of it is held against its seal."""

from collections.abc import Callable, Collection
from pathlib import Path

from growthos.home import Home
from growthos.raw_check import damaged
from growthos.state import State


def intact(home: Home, state: State, known: Collection[Path], aside: Callable[[Path], None]) -> State:
    """The state without the segments that are damaged; `aside` gets each of those.

    `known` need no look: this very process wrote them, or they are built from already. Where a unit is damaged, an
    older one may count in its place, and is looked at in its turn.
    """
    looked = set(known)
    while True:
        counting = {load.path for load in state.loads()} - looked
        found = [path for path, _ in damaged(sorted(counting))]
        if not found:
            return state
        for path in found:
            aside(path)
        looked |= counting
        state, _ = State.read(home.raw)

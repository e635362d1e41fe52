"""Gives room back: units of which every day has been read anew by complete later ones, and that no number rests on.

Reports are read again for weeks, each time as a unit of its own, and only the newest reading of a day counts; of what
is read whole each time, only the newest. Lists of changes are never pruned: unit costs and first readings rest on each.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from growthos import raw_check
from growthos.errors import UsageError
from growthos.home import Home
from growthos.lock import locked
from growthos.raw import Header
from growthos.raw_rewrite import rewrite
from growthos.state import State, Unit


@dataclass(frozen=True, slots=True)
class Pruned:
    """One stream of an account: units that go and that stay, and the pages and records of those that go."""

    source: str
    account: str
    stream: str
    units: int
    kept: int
    pages: int

    def as_json(self) -> dict[str, Any]:
        names = ("source", "account", "stream", "units", "kept", "pages")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Pruning:
    """What goes of each stream that has anything to give, and how many bytes the raw files take before and after.

    `after` is None where nothing has been done yet.
    """

    keep_units: int
    streams: tuple[Pruned, ...]
    before: int
    after: int | None

    @property
    def done(self) -> bool:
        return self.after is not None

    @property
    def units(self) -> int:
        return sum(one.units for one in self.streams)

    def as_json(self) -> dict[str, Any]:
        """The structure of `prune --format json`."""
        return {
            "schema_version": 1,
            "keep_units": self.keep_units,
            "done": self.done,
            "units": self.units,
            "bytes_before": self.before,
            "bytes_after": self.after,
            "streams": [one.as_json() for one in self.streams],
        }


def prune(home: Home, keep_units: int, *, yes: bool) -> Pruning:
    """Find what can go, and with `yes` let it go: a new file takes the place of those that held it."""
    if keep_units < 1:
        raise UsageError("--keep-units is at least 1: the last complete unit always stays.", hint="Give 1 or more.")
    with locked(home):
        state, _ = State.read(home.raw)
        before = _size(home)
        units = {key: state.units(*key) for key in sorted(state.keys())}
        found = {key: spare for key, some in units.items() if (spare := superseded(some, keep_units))}
        streams = tuple(
            Pruned(
                *key,
                units=len(spare),
                kept=len(units[key]) - len(spare),
                pages=sum(one.header.pages for unit in spare for one in unit.segments),
            )
            for key, spare in found.items()
        )
        if yes:
            for key, spare in found.items():
                _let_go(units[key], spare)
        return Pruning(keep_units, streams, before, _size(home) if yes else None)


def superseded(units: Sequence[Unit], keep: int) -> list[Unit]:
    """The units that `keep` newer ones stand for, each of their days; none of an unfinished `sync --since`."""
    if not units or (units[-1].header.first is None and units[-1].header.until is not None):
        return []
    read = Counter[date | None]()
    spare = []
    for unit in reversed(units):
        days: Sequence[date | None] = unit.days or (None,)
        if all(read[day] >= keep for day in days) and not _is_unfinished(unit, units):
            spare.append(unit)
        else:
            read.update(days)
    return spare


def _is_unfinished(unit: Unit, units: Sequence[Unit]) -> bool:
    """Whether it belongs to a round that has not come to its end: what of it was read is not asked for again."""
    asked = unit.header.round
    own = (one.header for one in units if one.header.round == asked)
    return asked is not None and unit.header.run > max((one.run for one in own if one.round_ends), default=0)


def _let_go(units: Sequence[Unit], spare: Sequence[Unit]) -> None:
    gone = {(one.header.seq, one.header.run_id) for unit in spare for one in unit.segments}
    files = {one.path for unit in spare for one in unit.segments}
    # The newest unit stays, so that the new file is never empty.
    files |= {one.path for one in units[-1].segments}

    def stays(header: Header) -> bool:
        return (header.seq, header.run_id) not in gone

    new = rewrite(files, keep=stays)
    raw_check.verify(new.path, bodies=True)
    for path in files:
        path.unlink()


def _size(home: Home) -> int:
    return sum(path.stat().st_size for path in home.raw.rglob("*") if path.is_file())

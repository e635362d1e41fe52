"""How the sources' answers differ from those of before, and from what staging takes them for: what `schema` prints.

Pages of the newest run of each stream are laid over each other, and so are pages of the runs before it. Nothing that is
found stops anything: a value that staging cannot read is put aside when it is built, whatever this says.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from growthos.errors import NoDataError
from growthos.home import Home
from growthos.raw import Segment
from growthos.raw_pages import pages
from growthos.shapes import Shape, Sight, Spot, above, topmost
from growthos.state import State

PAGES = 10
FILES = 4
ALIKE = {"string", "number"}
FITS = {"object": {"object"}, "list": {"list"}, "value": {"string", "number", "boolean"}}

Kind = Literal["new field", "gone", "other type", "new word", "no JSON"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `read`: whether staging takes what stands at the path, so that numbers may rest on it.

    `before` and `now` are types or words. `file` and `page` tell where it was seen first; of what is gone, nowhere.
    """

    source: str
    stream: str
    path: str
    kind: Kind
    read: bool
    before: str
    now: str
    sight: Sight | None

    @property
    def matters(self) -> bool:
        """Whether something that is read is not there, or is not what it was taken for: text for a number will do."""
        return self.read and self.kind in ("gone", "other type", "no JSON") and not {self.before, self.now} <= ALIKE

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "stream": self.stream,
            "change": self.kind,
            "path": self.path,
            "read": self.read,
            "before": self.before or None,
            "now": self.now or None,
            "file": self.sight.file if self.sight else None,
            "page": self.sight.page if self.sight else None,
        }


@dataclass(frozen=True, slots=True)
class Looked:
    """How many pages of a stream were looked at, of the newest run and of those before it; `fields` are all paths."""

    source: str
    stream: str
    pages: int
    before: int
    fields: int

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("source", "stream", "pages", "before", "fields")}


@dataclass(frozen=True, slots=True)
class Drift:
    """All differences, and what was looked at for them."""

    looked: tuple[Looked, ...]
    changes: tuple[Change, ...]

    @property
    def matters(self) -> tuple[Change, ...]:
        return tuple(one for one in self.changes if one.matters)

    def as_json(self) -> dict[str, Any]:
        """The structure of `schema --format json`."""
        return {
            "schema_version": 1,
            "streams": [one.as_json() for one in self.looked],
            "changes": [one.as_json() for one in self.changes],
        }


def drift(home: Home, sources: Collection[str] = (), *, most: int = PAGES) -> Drift:
    """Compare at most `most` pages of each stream's newest run with as many of the runs before."""
    from growthos.warehouse.wanted import wanted

    state, _ = State.read(home.raw)
    if not state.keys():
        raise NoDataError("No data yet.", hint="Run `growthos sync`, or `growthos demo`.")
    forms, looked, changes = wanted(), list[Looked](), list[Change]()
    for name, group in _by_stream(state, sources).items():
        newest = max(segment.header.run for segment in group)
        now = _shapes((one for one in group if one.header.run == newest), most)
        before = _shapes((one for one in group if one.header.run < newest), most)
        for stream in sorted(now):
            old = before.get(stream, Shape())
            looked.append(Looked(name[0], stream, now[stream].pages, old.pages, len(now[stream].spots)))
            changes += _changes(name[0], stream, old, now[stream], forms.get((name[0], stream), {}))
    return Drift(tuple(looked), tuple(changes))


def _by_stream(state: State, sources: Collection[str]) -> dict[tuple[str, str], list[Segment]]:
    """The segments of complete units, all accounts together, the newest first."""
    found: dict[tuple[str, str], list[Segment]] = {}
    for source, account, stream in state.keys():  # noqa: SIM118 - a State is no mapping
        if not sources or source in sources:
            units = reversed(state.units(source, account, stream))
            found.setdefault((source, stream), []).extend(one for unit in units for one in unit.segments)
    for group in found.values():
        group.sort(key=lambda one: (one.header.run, one.header.seq), reverse=True)
    return found


def _shapes(segments: Iterable[Segment], most: int) -> dict[str, Shape]:
    """The shapes of the page streams in some files, of which the first few are read."""
    found: dict[str, Shape] = {}
    for segment, _ in zip(segments, range(FILES), strict=False):
        for stream, page, body in pages(segment):
            shape = found.setdefault(stream, Shape())
            if shape.pages < most:
                shape.add(body, Sight(segment.path.name, page))
    return found


def _changes(source: str, stream: str, old: Shape, now: Shape, forms: Mapping[str, str]) -> Iterator[Change]:
    def change(path: str, kind: Kind, before: Iterable[str], told: Iterable[str], sight: Sight | None) -> Change:
        return Change(source, stream, path, kind, path in forms, _list(before), _list(told), sight)

    if now.unreadable is not None:
        yield Change(source, stream, "", "no JSON", read=True, before="", now="", sight=now.unreadable)
    if old.spots:
        for path in topmost(path for path in now.spots if path not in old.spots and _was_open(above(path), old)):
            spot = now.spots[path]
            yield change(path, "new field", (), spot.types, next(iter(spot.types.values())))
        lost = (path for path in forms if path in old.spots and path not in now.spots and _was_open(above(path), now))
        for path in topmost(lost):
            yield change(path, "gone", old.spots[path].types, (), None)
    for path in topmost(path for path, spot in now.spots.items() if _odd(spot, old.spots.get(path), forms.get(path))):
        spot, before = now.spots[path], old.spots.get(path)
        odd = _odd(spot, before, forms.get(path))
        was = before.kinds if before and before.kinds else {forms.get(path, "")}
        yield change(path, "other type", was, odd, min((spot.types[one] for one in odd), key=lambda it: it.page))
    for path, spot in sorted(now.spots.items()):
        was_word = old.spots[path].words if path in old.spots else None
        for word, sight in (spot.words or {}).items():
            if was_word and word not in was_word:
                yield change(path, "new word", was_word, [word], sight)


def _was_open(path: str, shape: Shape) -> bool:
    """Whether there was something that could have held a field."""
    return path in shape.spots and bool(shape.spots[path].kinds & {"object", "list"})


def _odd(spot: Spot, before: Spot | None, form: str | None) -> list[str]:
    """The types that are not what staging takes the path for, or were not there before."""
    misfit = spot.kinds - FITS.get(form or "", spot.kinds)
    other = spot.kinds - before.kinds if before and before.kinds else set()
    return sorted(misfit | other)


def _list(words: Iterable[str]) -> str:
    given: Sequence[str] = sorted(words)
    return ", ".join(given)

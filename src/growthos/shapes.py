"""The shape of raw bodies: every path in them, the types that stand there, and words of lists that are short."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

_WORD: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_MANY: Final = 30
_DIGITS: Final = re.compile(r"\d{2,}")
NULL: Final = "null"


@dataclass(frozen=True, slots=True)
class Sight:
    """Where something was seen first: a raw file, and the page in its unit."""

    file: str
    page: int


@dataclass(slots=True)
class Spot:
    """What stands at one path. `words` are those of an enumeration; None where it is none."""

    types: dict[str, Sight] = field(default_factory=dict)
    words: dict[str, Sight] | None = field(default_factory=dict)

    @property
    def kinds(self) -> set[str]:
        """The types but null."""
        return self.types.keys() - {NULL}


@dataclass(slots=True)
class Shape:
    """What some pages of a stream look like, laid over each other."""

    pages: int = 0
    spots: dict[str, Spot] = field(default_factory=dict)
    unreadable: Sight | None = None

    def add(self, body: bytes, sight: Sight) -> None:
        """Lay one more page over those that are there; one that is no JSON has no shape."""
        self.pages += 1
        try:
            told = json.loads(body, parse_int=_number, parse_float=_number)
            paths = list(_paths(told, ""))
        except (ValueError, RecursionError):
            self.unreadable = self.unreadable or sight
            return
        for path, kind, text in paths:
            spot = self.spots.setdefault(path, Spot())
            spot.types.setdefault(kind, sight)
            if text is None or spot.words is None:
                continue
            if _WORD.fullmatch(text) and (text in spot.words or len(spot.words) < _MANY):
                spot.words.setdefault(text, sight)
            else:
                spot.words = None


class _Digits:
    """A number of whatever length; which one does not matter."""


def _number(_: str) -> _Digits:
    return _DIGITS_SEEN


_DIGITS_SEEN: Final = _Digits()


def _paths(node: Any, path: str) -> Iterator[tuple[str, str, str | None]]:
    """Path, type and, of a string, the text of everything in a body."""
    if isinstance(node, dict):
        yield path, "object", None
        for key, value in node.items():
            name = "*" if len(_DIGITS.findall(key)) > 1 else key  # a key that is a day
            yield from _paths(value, f"{path}.{name}" if path else name)
    elif isinstance(node, list):
        yield path, "list", None
        for value in node:
            yield from _paths(value, path + "[]")
    elif isinstance(node, str):
        yield path, "string", node
    elif isinstance(node, bool):
        yield path, "boolean", None
    else:
        yield path, NULL if node is None else "number", None


def above(path: str) -> str:
    """The path of what something stands in."""
    return path[:-2] if path.endswith("[]") else path.rpartition(".")[0]


def topmost(paths: Iterable[str]) -> list[str]:
    """Those that stand in none of the others."""
    given = set(paths)

    def is_inside(path: str) -> bool:
        while path:
            path = above(path)
            if path in given:
                return True
        return False

    return sorted(path for path in given if not is_inside(path))

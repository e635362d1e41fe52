"""JSON with the place of each value in its text, so that one can take another's place and no other byte changes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # it is there, and the stubs do not know it
from typing import Final

_BLANK: Final = re.compile(r"[ \t\n\r]*")
_WORD: Final = re.compile(r"[^\s,\[\]{}:\"]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A value and where it stands: an object by its members, a list by its items, a text as meant, else as typed."""

    start: int
    end: int
    value: "dict[str, Place] | list[Place] | str"
    is_text: bool = False

    def get(self, *names: str) -> "Place | None":
        """The member of that name of the member of that name."""
        found: Place | None = self
        for name in names:
            found = found.value.get(name) if found is not None and isinstance(found.value, dict) else None
        return found

    @property
    def text(self) -> str | None:
        """The text, where it is one."""
        return self.value if self.is_text and isinstance(self.value, str) else None

    def objects(self) -> "Iterator[Place]":
        """All objects in it, itself first."""
        if isinstance(self.value, dict):
            yield self
        inner = self.value.values() if isinstance(self.value, dict) else self.value
        if not isinstance(inner, str):
            for one in inner:
                yield from one.objects()


def parse(text: str) -> Place:
    """The value that a text is; ValueError where it is none, RecursionError where it is too deep."""
    found = _value(text, _skip(text, 0))
    if _skip(text, found.end) != len(text):
        raise ValueError("something stands behind the value")
    return found


def _value(text: str, start: int) -> Place:
    first = text[start : start + 1]
    if first == '"':
        value, end = scanstring(text, start + 1, True)
        return Place(start, end, value, is_text=True)
    if first == "{":
        return _object(text, start)
    if first == "[":
        return _list(text, start)
    word = _WORD.match(text, start)
    if word is None:
        raise ValueError(f"no value at {start}")
    return Place(start, word.end(), word[0])


def _object(text: str, start: int) -> Place:
    members: dict[str, Place] = {}
    at = _skip(text, start + 1)
    while text[at : at + 1] != "}":
        name = _value(text, at)
        at = _skip(text, name.end)
        if name.text is None or text[at : at + 1] != ":":
            raise ValueError(f"no name at {at}")
        members[name.text] = value = _value(text, _skip(text, at + 1))
        at = _next(text, value.end, "}")
    return Place(start, at + 1, members)


def _list(text: str, start: int) -> Place:
    items: list[Place] = []
    at = _skip(text, start + 1)
    while text[at : at + 1] != "]":
        items.append(_value(text, at))
        at = _next(text, items[-1].end, "]")
    return Place(start, at + 1, items)


def _next(text: str, at: int, end: str) -> int:
    """Where the next value begins, or the end stands."""
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return _skip(text, at + 1)
    if text[at : at + 1] != end:
        raise ValueError(f"neither a comma nor an end at {at}")
    return at


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at

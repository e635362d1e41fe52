"""Where a record stands among the bytes of a page: its place and its path, told by the brackets around a word in it.

A page is gone through once from its start and nothing of it is kept but the brackets that are open, so that a page of
any size takes no more memory than it has itself.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)
_PIECE: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_PLAIN: Final = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """An object, from the byte `start` up to but not with the byte `end`, and its path, such as `$.data.nodes[3]`.

    `index` is its place in the list that it is in, from 0 on; None where it is in none.
    """

    path: str
    start: int
    end: int
    index: int | None

    def within(self, other: "Span") -> "Span":
        """The same object, where it was found among the bytes of another one."""
        return Span(other.path + self.path[1:], other.start + self.start, other.start + self.end, self.index)


@dataclass(slots=True)
class _Open:
    """A bracket that is open, and how far what stands in it has come: to which item, or to which member's name."""

    start: int
    is_list: bool
    index: int | None
    name: bytes
    items: int = 0
    member: bytes = b""
    wants_name: bool = True
    end: int = 0

    @property
    def step(self) -> str:
        """The step that leads to it from what it stands in."""
        if self.index is not None:
            return f"[{self.index}]"
        name = str(json.loads(self.name)) if self.name else ""
        return name and (f".{name}" if _PLAIN.fullmatch(name) else f".{json.dumps(name)}")


def records(body: bytes, places: Iterable[int]) -> list[Span]:
    """The records that some bytes of a page stand in, in their order: each the nearest item of a list around one.

    Where a byte stands in no list, it is the nearest object. Nothing behind the last record is looked at. Raises
    ValueError where brackets do not match.
    """
    left, found, stack = iter(sorted(places)), dict[int, tuple[str, _Open]](), list[_Open]()
    place, ends = next(left, None), 0
    for token in _TOKEN.finditer(body):
        while place is not None and place < token.end():
            if around := _nearest(stack):
                found.setdefault(around[-1].start, ("$" + "".join(one.step for one in around), around[-1]))
            place = next(left, None)
        if place is None and ends == len(found):
            break
        closed = _take(stack, token)
        ends += closed is not None and closed.start in found
    if ends != len(found):
        raise ValueError("a record has no end")
    return [Span(path, start, one.end, one.index) for start, (path, one) in sorted(found.items())]


def _take(stack: list[_Open], token: "re.Match[bytes]") -> _Open | None:
    """Open a bracket or close one, which is given; of anything else take note as far as paths need it."""
    first, above = token[0][:1], stack[-1] if stack else None
    if first in b"{[":
        index = above.items if above and above.is_list else None
        stack.append(_Open(token.start(), first == b"[", index, above.member if above else b""))
    elif above is None:
        raise ValueError(f"nothing is open at {token.start()}")
    elif first in b"}]":
        if above.is_list != (first == b"]"):
            raise ValueError(f"another bracket is open at {token.start()}")
        above.end = token.end()
        return stack.pop()
    elif first == b",":
        above.items += 1
        above.wants_name = True
    elif above.wants_name:
        above.member, above.wants_name = token[0], False
    return None


def _nearest(stack: list[_Open]) -> list[_Open]:
    """The brackets down to the nearest object that is an item of a list, else to the nearest one."""
    objects = [n for n, one in enumerate(stack) if not one.is_list]
    last = next((n for n in reversed(objects) if stack[n].index is not None), objects[-1] if objects else -1)
    return stack[: last + 1]


def pretty(text: str, width: int) -> str:
    """A JSON value in lines, each value as it is written; what fits into a line of that width stands in one.

    What is nested too deeply to be laid out stays as it is.
    """
    try:
        return "\n".join(_lines(_value(one[0] for one in _PIECE.finditer(text)), width, "", ""))
    except RecursionError:
        return text


@dataclass(slots=True)
class _Value:
    """A value as it is written: the text of one, or brackets with what stands between them, each with its name."""

    text: str
    items: "list[tuple[str, _Value]]" = field(default_factory=list)
    end: str = ""

    def line(self) -> str:
        """All of it in a line."""
        return self.text + ", ".join(name + one.line() for name, one in self.items) + self.end


def _value(pieces: Iterator[str]) -> _Value:
    found = _Value(next(pieces, ""))
    if found.text not in {"{", "["}:
        return found
    name = ""
    for piece in pieces:
        match piece:
            case "}" | "]":
                found.end = piece
                return found
            case ":":
                name = f"{found.items.pop()[1].text}: "
            case ",":
                pass
            case _:
                found.items.append((name, _value(chain([piece], pieces))))
                name = ""
    return found


def _lines(value: _Value, width: int, indent: str, name: str) -> Iterator[str]:
    line = f"{indent}{name}{value.line()}"
    if len(line) <= width or not value.items:
        yield line
        return
    yield f"{indent}{name}{value.text}"
    for number, (inner, one) in enumerate(value.items, 1):
        *lines, last = _lines(one, width, indent + "  ", inner)
        yield from lines
        yield last + ("," if number < len(value.items) else "")
    yield indent + value.end

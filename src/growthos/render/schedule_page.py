"""When growthos runs by itself: the lines of a crontab and the files of systemd, as they are written."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from growthos.render.pages import Listing, Note, Page
from growthos.schedule import Part, Schedule

if TYPE_CHECKING:
    from growthos.render.output import Record

FIELDS = ("place", "line")


def page(parts: tuple[Part, ...]) -> Page:
    return tuple(Listing(one.text, one.place) for one in parts)


def warnings(found: Schedule) -> Page:
    """Why it may not work as it stands."""
    return tuple(Note(text, "warn") for text in found.warnings)


def records(found: Schedule) -> "Iterator[Record]":
    """One record a line."""
    for part in found.parts:
        yield from ({"place": part.place, "line": line} for line in part.text.splitlines())

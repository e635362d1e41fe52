"""What is said while a home is set up. All of it goes to stderr: a conversation is no data."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from growthos.connections import Connections, Look
from growthos.connectors.terms import Setting, Way
from growthos.render import connections_page
from growthos.render.output import say
from growthos.render.pages import Block, Cell, Column, Listing, Note, Table
from growthos.render.text import clean
from growthos.setting_up import Writing

CHOICES = (Column("", numeric=True), Column("Source"), Column(""), Column("", rank=1))
ASKED = (Column("Source"), Column("Variables", prose=True))


def looked(looks: tuple[Look, ...]) -> None:
    """What sources said, and below it what is to be done."""
    say(connections_page.page(Connections((), looks)))


def choices(sources: Sequence[tuple[str, str, str]]) -> None:
    """The sources to choose from, numbered: name, title, how it stands with each."""
    rows = (
        (Cell(str(number)), Cell(name), Cell(title), Cell(standing, "dim"))
        for number, (name, title, standing) in enumerate(sources, 1)
    )
    say((Table("Which source is to be connected?", CHOICES, tuple(rows)),))


def ways(title: str, found: Sequence[Way], variables: Sequence[str]) -> None:
    """How a source lets growthos in, numbered."""
    notes = [Note(title, "strong"), Note("It lets growthos in by one of these:")]
    lines = zip(found, variables, strict=True)
    notes += [Note(f"  {number}  {way.title}: {names}") for number, (way, names) in enumerate(lines, 1)]
    say(tuple(notes))


def setting(one: Setting, *, needed: bool) -> None:
    """What is asked, and where a person finds it."""
    say((Note(f"{one.env}{'' if needed else ', optional'}: {one.help}"), *_where(one)))


def _where(one: Setting) -> tuple[Note, ...]:
    return (Note(f"  {one.where}", "dim"),) if one.where else ()


def writing(files: Iterable[tuple[str, str]]) -> None:
    """The lines that are written, by file."""
    page = tuple(Listing(lines, clean(place, limit=None)) for place, lines in files)
    say((Note("To be kept:", "strong"), *page) if page else ())


def written(place: Path, new: Writing, unsaid: Writing, *, was_there: bool) -> None:
    """What became of growthos.toml, and what sources told that it does not speak of."""
    done = "nothing else in it was changed" if new.toml else "nothing in it was changed"
    said = f"is there already; {done}" if was_there else "is written, with every default in it"
    notes = [Note(f"{clean(place, limit=None)} {said}.", "good")]
    if unsaid.toml:
        lines = ", ".join(f'{".".join(key)} = "{value}"' for key, value in unsaid.toml.items())
        notes.append(Note(f"The sources propose what is not set in it: {clean(lines)}."))
    say(tuple(notes))


def to_be_set(place: str, missing: Mapping[str, Sequence[str]]) -> None:
    """The variables that each source needs which is not connected, one line a way."""
    blocks: list[Block] = [
        Note(f"To connect a source, set its variables in the environment or in {place} (chmod 600):")
    ]
    rows = tuple((Cell(name), Cell(line)) for name, lines in missing.items() for line in lines)
    if not rows:
        return
    say((*blocks, Table("", ASKED, rows)))

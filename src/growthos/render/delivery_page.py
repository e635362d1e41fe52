"""What became of a message at each target, and what each would be sent."""

from collections.abc import Iterable, Sequence

from growthos.notify import Delivery
from growthos.notify.targets import Target
from growthos.render.pages import Cell, Column, Heading, Listing, Note, Page, Table, Tone
from growthos.render.text import clean

COLUMNS = (Column("Target"), Column("Where", rank=1), Column("State"), Column("Why", prose=True))
TONES: dict[str, Tone] = {"sent": "good", "in part": "warn", "failed": "bad", "nothing": "dim"}


def page(found: Sequence[Delivery]) -> Page:
    """A row for each target; why, where one has something to say."""
    columns = COLUMNS if any(one.said for one in found) else COLUMNS[:-1]
    return (Table("", columns, tuple(_row(one)[: len(columns)] for one in found)),)


def _row(one: Delivery) -> tuple[Cell, ...]:
    said = Cell(clean(one.said, limit=None))
    return Cell(one.title), Cell(clean(one.place)), Cell(one.state, TONES[one.state]), said


def notes(found: Sequence[Delivery], *, quiet: bool) -> Page:
    """A line for each target; quiet: only for those that somebody has to look at."""
    return tuple(
        Note(f"{one.title} ({clean(one.place)}): {one.state}{f', {clean(one.said, limit=None)}' if one.said else ''}",
             TONES[one.state])
        for one in found
        if not quiet or one.state in {"failed", "in part"}
    )  # fmt: skip


def previews(found: Iterable[tuple[Target, str | None]]) -> Page:
    """What each target would be sent, as it would be sent."""
    blocks: list[Heading | Listing | Note] = []
    for target, text in found:
        blocks.append(Heading(target.title, clean(target.place)))
        if text is None:
            blocks.append(Note(f"Nothing: it is told from {target.least} on.", "dim"))
        else:
            blocks.append(Listing(text, language="json" if text.startswith("{") else ""))
    return tuple(blocks)

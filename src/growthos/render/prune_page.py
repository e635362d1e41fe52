"""What a prune lets go and what stays, stream by stream."""

from collections.abc import Iterator

from growthos.pruning import Pruning
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import clean
from growthos.wording import size

COLUMNS = (
    Column("Source"),
    Column("Account", rank=2),
    Column("Stream"),
    Column("Units that go", numeric=True),
    Column("that stay", numeric=True),
    Column("Pages that go", numeric=True, rank=1),
)
FIELDS = ("source", "account", "stream", "units", "kept", "pages")


def page(found: Pruning) -> Page:
    return tuple(_blocks(found))


def _blocks(found: Pruning) -> Iterator[Block]:
    if not found.streams:
        yield Heading("Prune: nothing to let go", f"The raw files take {size(found.before)}; newer units replace none.")
        return
    units = "1 unit" if found.units == 1 else f"{found.units:,} units"
    if found.after is None:
        below = f"The raw files take {size(found.before)}. With --yes the units go; this cannot be undone."
        yield Heading(f"Prune: {units} would go, nothing is changed", below)
    else:
        yield Heading(f"Prune: {units} gone", f"The raw files took {size(found.before)} and take {size(found.after)}.")
    rows = (
        (one.source, one.account, one.stream, f"{one.units:,}", f"{one.kept:,}", f"{one.pages:,}")
        for one in found.streams
    )
    yield Table("", COLUMNS, tuple(tuple(Cell(clean(text)) for text in row) for row in rows))
    yield Note("No number changes. `status --restatements` loses these older readings.", "dim")

"""Markdown on a terminal, with the tables of it as all tables here: no name or number is cut."""

from collections.abc import Iterator
from typing import Any, ClassVar

from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.padding import Padding
from rich.text import Text

SENTENCE = 24
"""So narrow may a column of sentences be."""


class Whole(TableElement):
    """A table of which each word stays whole; where that leaves sentences no room, each row becomes a small list."""

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        for table in super().__rich_console__(console, options):
            columns = [(one, [str(cell).strip() for cell in one.cells]) for one in getattr(table, "columns", ())]
            single = [(one, max(map(len, cells))) for one, cells in columns if not any(" " in cell for cell in cells)]
            if sum(width + 2 for _, width in single) + SENTENCE > options.max_width:
                yield from _stacked([one for one, _ in columns])
                return
            for column, _ in columns:
                column.overflow = "fold"
            for column, _ in single:
                column.no_wrap = True
            yield table


def _stacked(columns: list[Any]) -> Iterator[Any]:
    for first, *others in zip(*(one.cells for one in columns), strict=True):
        yield Text.assemble(first, overflow="fold")
        for column, cell in zip(columns[1:], others, strict=True):
            if str(cell).strip():
                yield Padding(Text.assemble((f"{column.header}: ", "dim"), cell, overflow="fold"), (0, 0, 0, 2))


class Laid(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": Whole}

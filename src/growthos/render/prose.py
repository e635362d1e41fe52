"""Markdown on a terminal, with the tables of it as all tables here: no name or number is cut."""

from collections.abc import Iterator
from typing import Any, ClassVar

from rich.markdown import Markdown, MarkdownElement, TableElement

SENTENCE = 12
"""So narrow may a column of sentences be."""


class Whole(TableElement):
    """A table of which each word stays whole where there is room for a sentence beside it, and else is folded."""

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        for table in super().__rich_console__(console, options):
            columns = [(one, [str(cell).strip() for cell in one.cells]) for one in getattr(table, "columns", ())]
            single = [(one, max(map(len, cells))) for one, cells in columns if not any(" " in cell for cell in cells)]
            for column, _ in columns:
                column.overflow = "fold"
            for column, _ in single:
                column.no_wrap = sum(width + 2 for _, width in single) + SENTENCE <= options.max_width
            yield table


class Laid(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": Whole}

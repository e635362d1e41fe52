"""The business review as Markdown for chat and mail: its tables can be read where nobody draws them, too."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from growthos.render.pages import Block, Cell, Column, Table, markdown
from growthos.render.text import for_markdown
from growthos.render.weekly_cohorts import Ages
from growthos.render.weekly_page import Cards, Charts, Facts, banner, facts, sections, title
from growthos.render.weekly_story import Panels
from growthos.weekly import Review


def as_markdown(found: Review) -> str:
    """The whole review; a figure is the table that stands in its place."""
    return "\n\n".join(_parts(found)) + "\n"


def _parts(found: Review) -> Iterator[str]:
    yield f"# {for_markdown(title(found))}"
    yield from (f"**{for_markdown(note.text)}**" for note in banner(found))
    yield _facts(facts(found))
    for section in sections(found):
        yield f"## {for_markdown(section.title)}"
        yield from (_block(block) for block in section.blocks if not isinstance(block, Ages))


def _block(block: Block | Facts | Cards | Charts | Panels) -> str:
    match block:
        case Facts():
            return _facts(block)
        case Cards() | Charts():
            return _table(block.table)
        case Table():
            return _table(block)
        case Panels():
            return markdown(block.panels).rstrip("\n")
    return markdown((block,)).rstrip("\n")


def _facts(found: Facts) -> str:
    return "\n".join(f"- {for_markdown(name)}: {for_markdown(value)}" for name, value in found.pairs)


def _table(table: Table) -> str:
    """With all cells of a column of one width."""
    rows = [[for_markdown(one.title) for one in table.columns], *(_texts(row) for row in table.rows)]
    widths = [max(3, *map(cell_len, column)) for column in zip(*rows, strict=True)]
    rule = [
        f"{'-' * (width - 1)}:" if one.numeric else "-" * width
        for one, width in zip(table.columns, widths, strict=True)
    ]
    lines = (_line(row, table.columns, widths) for row in [rows[0], rule, *rows[1:]])
    return "\n".join([*([f"**{for_markdown(table.title)}**", ""] if table.title else []), *lines])


def _texts(row: Sequence[Cell]) -> list[str]:
    return [for_markdown(cell.text) for cell in row]


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = (
        f"{' ' * (width - cell_len(cell)) if column.numeric else ''}{cell}"
        f"{'' if column.numeric else ' ' * (width - cell_len(cell))}"
        for cell, column, width in zip(cells, columns, widths, strict=True)
    )
    return f"| {' | '.join(padded)} |"

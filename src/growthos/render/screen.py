"""Pages on a terminal. A number is never cut: where the terminal is narrow, columns go, then rows are stacked."""

import os
from io import StringIO
from typing import TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.panel import Panel as Frame
from rich.table import Table as Grid
from rich.text import Text

from growthos.render import bars
from growthos.render.pages import Block, Cell, Column, Heading, Listing, Note, Page, Panel, Plot, Prose, Table, Tone
from growthos.render.text import harmless

STYLES: dict[Tone, str] = {
    "": "",
    "good": "green",
    "bad": "red",
    "warn": "yellow",
    "dim": "dim",
    "strong": "bold",
}
WIDEST_TEXT = 100
WIDEST_PLOT, PLAIN_PLOT = 200, 80
"""How wide bars may be on a terminal, and are where there is none."""
ENDLESS = 10_000
PROSE = 24


def console_for(stream: TextIO) -> Console:
    """The terminal behind a stream; no colour where there is none, or where NO_COLOR or TERM=dumb say so."""
    colourless = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    if not stream.isatty():
        return plain(stream)
    return Console(file=stream, color_system=None if colourless else "auto", highlight=False, soft_wrap=False)


def plain(stream: TextIO | None = None) -> Console:
    """A place without colour and without an edge: nothing is wrapped or left out for want of room."""
    file = stream or StringIO()
    return Console(file=file, width=ENDLESS, color_system=None, highlight=False, force_terminal=False)


def drawn_for(stream: TextIO, page: Page) -> str:
    return draw(page, console_for(stream))


def draw(page: Page, console: Console) -> str:
    """The page as text, with the console's own colours."""
    with console.capture() as capture:
        for number, block in enumerate(page):
            parts = _draw(block, console)
            if parts and number and not (isinstance(block, Note) and isinstance(page[number - 1], Note)):
                console.print()
            for part in parts:
                console.print(part, soft_wrap=isinstance(block, Listing))
    lines = capture.get().split("\n")
    return "\n".join(line.rstrip() for line in lines)


def _draw(block: Block, console: Console) -> list[RenderableType]:
    match block:
        case Heading():
            return [*_lines(block.text, "bold"), *_lines(block.below, "dim")]
        case Table():
            return [*_lines(block.title, "bold"), _table(block, console)]
        case Plot():
            width = min(console.width, WIDEST_PLOT) if console.is_terminal else PLAIN_PLOT
            drawn = (Text(harmless(line)) for line in bars.lines(block, width))
            return [*_lines(block.table.title, "bold"), *drawn]
        case Listing():
            place = f"# {block.place}" if block.place else ""
            return [*_lines(place, "dim"), Text(harmless(block.text.rstrip("\n")))]
        case Panel():
            return [_panel(block, console)]
    return [_prose(block, console) if isinstance(block, Prose) else Text(harmless(block.text), STYLES[block.tone])]


def _lines(text: str, style: str) -> list[RenderableType]:
    """A text above others, nothing where there is none."""
    return [Text(harmless(text), style)] if text else []


def _prose(prose: Prose, console: Console) -> RenderableType:
    """Laid out where there is a terminal; for a file or a pipe as it is."""
    if not console.is_terminal:
        return Text(harmless(prose.markdown.rstrip("\n")))
    from growthos.render.prose import Laid

    return Constrain(Laid(prose.markdown), WIDEST_TEXT)


def _panel(panel: Panel, console: Console) -> RenderableType:
    style = STYLES[panel.tone]
    body: list[RenderableType] = [Text(harmless(panel.facts), "bold")]
    if panel.advice:
        body += [Text(""), Text(harmless(panel.advice))]
    return Frame(
        Group(*body),
        title=Text(harmless(panel.title), style),
        title_align="left",
        border_style=style,
        width=min(console.width, WIDEST_TEXT),
        padding=(0, 1),
    )


def _table(table: Table, console: Console) -> RenderableType:
    """The widest set of columns that fits; if not even the indispensable ones do, each row becomes a small list."""
    if not console.is_terminal:
        return _grid(table, range(len(table.columns)))
    for rank in sorted({column.rank for column in table.columns}, reverse=True):
        kept = [number for number, column in enumerate(table.columns) if column.rank <= rank]
        if _natural(table, kept) <= console.width:
            return _grid(table, kept)
    return _stacked(table)


def _grid(table: Table, kept: "list[int] | range") -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), header_style="dim")
    for number in kept:
        column = table.columns[number]
        grid.add_column(
            Text(column.title),
            justify="right" if column.numeric else "left",
            no_wrap=_whole(table, number),
            overflow="fold",
        )
    for row in table.rows:
        grid.add_row(*(_text(row[number]) for number in kept))
    return grid


def _whole(table: Table, number: int) -> bool:
    """Whether a column may not be wrapped: everything but long prose."""
    widest = max((cell_len(row[number].text) for row in table.rows), default=0)
    return widest <= WIDEST_TEXT // 2 and not table.columns[number].prose


def _natural(table: Table, kept: "list[int] | range") -> int:
    """The width below which something other than prose would have to be wrapped or cut."""
    widths = [
        max(cell_len(text) for text in (table.columns[number].title, *(row[number].text for row in table.rows)))
        for number in kept
    ]
    prose = (not _whole(table, number) for number in kept)
    return sum(min(width, PROSE) if wraps else width for width, wraps in zip(widths, prose, strict=True)) + 3 * (
        len(widths) - 1
    )


def _stacked(table: Table) -> RenderableType:
    parts: list[RenderableType] = []
    for row in table.rows:
        for number, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            if cell.text:
                parts.append(_text(cell) if number == 0 else _line(column, cell))
    return Group(*parts)


def _line(column: Column, cell: Cell) -> RenderableType:
    text = Text(f"{column.title}: ", "dim", overflow="fold")
    text.append(harmless(cell.text), STYLES[cell.tone])
    return Padding(text, (0, 0, 0, 2))


def _text(cell: Cell) -> Text:
    return Text(harmless(cell.text), STYLES[cell.tone], overflow="fold")

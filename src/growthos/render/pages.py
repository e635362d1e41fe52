"""A page: headings, tables, panels and notes, before anybody decides whether they go to a terminal or to Markdown."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from growthos.render.text import for_markdown, harmless

Tone = Literal["", "good", "bad", "warn", "dim", "strong"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text and what it means."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. Where a terminal is narrow the columns with the greatest `rank` go first; 0 never goes.

    `prose` may be wrapped, however short it is.
    """

    title: str
    numeric: bool = False
    rank: int = 0
    prose: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title; `compact` ones stand without a rule below their head."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars, one for each row of a table, which stands in their place where nothing can be drawn.

    `bars` are heights in dots, four to a line, down from zero with a minus; None leaves a gap. `above` and `below` are
    the labels of the lines on either side of `zero`, from above; where there is no line, nothing is drawn.
    """

    table: Table
    bars: tuple[int | None, ...]
    above: tuple[str, ...]
    zero: str
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """What a page is about, and a quieter line on how to read it."""

    text: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One thing that wants attention: what, how grave, the facts, what to do."""

    title: str
    tone: Tone
    facts: str
    advice: str


@dataclass(frozen=True, slots=True)
class Note:
    """A line on its own."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines that stay as they are at any width: of the file at `place`, or in a language that Markdown names."""

    text: str
    place: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """A text of ours in Markdown: laid out for a terminal, as it is for everything else."""

    markdown: str


Block = Heading | Table | Plot | Panel | Note | Listing | Prose
Page = tuple[Block, ...]


def markdown(page: Page) -> str:
    """A page as Markdown, blocks apart by blank lines."""
    blocks = (block.table if isinstance(block, Plot) else block for block in page)
    return "\n\n".join("\n".join(_markdown(block)) for block in blocks) + "\n"


def _markdown(block: Heading | Table | Panel | Note | Listing | Prose) -> Iterator[str]:
    match block:
        case Heading():
            yield f"## {for_markdown(block.text)}"
            if block.below:
                yield ""
                yield for_markdown(block.below)
        case Table():
            if block.title:
                yield f"### {for_markdown(block.title)}"
                yield ""
            yield from markdown_head(block.columns)
            yield from (markdown_row([cell.text for cell in row]) for row in block.rows)
        case Panel():
            yield f"### {for_markdown(block.title)}"
            yield ""
            yield for_markdown(block.facts)
            if block.advice:
                yield ""
                yield for_markdown(block.advice)
        case Note():
            yield for_markdown(block.text)
        case Listing():
            yield from _fenced(block)
        case Prose():
            yield block.markdown.rstrip("\n")


def _fenced(block: Listing) -> Iterator[str]:
    """Between fences of a backtick more than any in the text, so that no text can end it."""
    if block.place:
        yield f"### {for_markdown(block.place)}"
        yield ""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", block.text)), 0)
    yield f"{fence}{block.language}"
    yield harmless(block.text.rstrip("\n"))
    yield fence


def markdown_head(columns: Sequence[Column]) -> Iterator[str]:
    """The two lines above the rows of a table."""
    yield markdown_row([column.title for column in columns])
    yield "|" + "|".join("---:" if column.numeric else "---" for column in columns) + "|"


def markdown_row(cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(for_markdown(cell) for cell in cells)} |"

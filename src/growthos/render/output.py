"""Where results go: stdout or a file, in one of four styles; everything else goes to stderr."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, Literal, TextIO

from growthos import interrupt, jsontext, typed
from growthos.folders import ANOTHER, cannot_write, making
from growthos.redact import SECRETS
from growthos.render.pages import Block, Cell, Heading, Note, Page, Prose, Table, markdown
from growthos.render.text import for_spreadsheet, harmless

Style = Literal["table", "json", "csv", "raw-csv", "markdown"]
Record = Mapping[str, object]


def deliver(
    style: Style,
    output: Path | None,
    page: Callable[[], Page],
    structure: Callable[[], Mapping[str, Any]],
    fields: Sequence[str],
    records: Callable[[], Iterable[Record]],
) -> None:
    """Write a result in the style that was asked for."""
    if style == "json":
        write((jsontext.dumps(structure()) + "\n",), output)
    elif style in {"csv", "raw-csv"}:
        write((as_csv(fields, records(), raw=style == "raw-csv"),), output)
        say(tuple(block for block in page() if isinstance(block, Note) and block.tone in {"warn", "bad"}))
    elif style == "markdown":
        write((markdown(page()),), output)
    elif output is not None:
        write((drawn(page()),), output)
    else:
        show(page())


def show(page: Page) -> None:
    """Draw a page on stdout."""
    from growthos.render import screen

    _print(screen.drawn_for(sys.stdout, as_typed(page)), sys.stdout)


def say(page: Page) -> None:
    """Draw a page on stderr."""
    from growthos.render import screen

    if page:
        _print(screen.drawn_for(sys.stderr, as_typed(page)), sys.stderr)


def as_typed(page: Page) -> Page:
    """A page whose commands stay in this home."""
    return tuple(map(_as_typed, page))


def _as_typed(block: Block) -> Block:
    """A block whose commands do; of a table only sentences have any, all else is data."""
    match block:
        case Note():
            return replace(block, text=typed.as_typed(block.text))
        case Heading():
            return replace(block, text=typed.as_typed(block.text), below=typed.as_typed(block.below))
        case Prose():
            return replace(block, markdown=typed.as_typed(block.markdown))
        case Table():
            prose = [column.prose for column in block.columns]
            rows = (zip(row, prose, strict=True) for row in block.rows)
            return replace(block, rows=tuple(tuple(_cell(*one) for one in row) for row in rows))
    return block


def _cell(cell: Cell, prose: bool) -> Cell:
    return replace(cell, text=typed.as_typed(cell.text)) if prose else cell


def drawn(page: Page) -> str:
    """A page as plain text, as a file holds it."""
    from growthos.render import screen

    return screen.draw(page, screen.plain())


def write_bytes(content: bytes, output: Path | None) -> None:
    """Write bytes as they are, but for secrets; where somebody looks on, as text that does nothing to the terminal."""
    if output is None and sys.stdout.isatty():
        _print(harmless(content.decode("utf-8", "replace")) + "\n", sys.stdout)
    else:
        write((content,), output)


def as_csv(fields: Sequence[str], records: Iterable[Record], *, raw: bool = False) -> str:
    """A head and a line for each record; nothing in it is a formula, unless it is wanted `raw`."""
    return csv_lines([fields, *([record[name] for name in fields] for record in records)], raw=raw)


def csv_lines(rows: Iterable[Sequence[object]], *, raw: bool = False) -> str:
    """A line for each row; nothing in it is a formula, unless it is wanted `raw`."""
    import csv

    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if raw:  # a carriage return is text, and only quotes say so
        writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows(rows if raw else (map(for_spreadsheet, row) for row in rows))
    return text.getvalue()


def write(pieces: Iterable[str | bytes], output: Path | None = None) -> None:
    """Write a text that comes in pieces, or bytes, to stdout, as long as somebody reads it, or to a file.

    A file is there as it was or whole; what is none, such as a pipe, takes the pieces as they come.
    """
    if output is None:
        for piece in pieces:
            _print(piece, sys.stdout)
            if interrupt.is_unread():
                return
    elif output.exists() and not output.is_file():
        try:
            save(pieces, output)
        except OSError as error:
            raise cannot_write(output, error, hint=ANOTHER) from error
    else:
        with making(output) as new:
            save(pieces, new)


def save(pieces: Iterable[str | bytes], path: Path) -> None:
    """Write a text that comes in pieces, or bytes, to a path."""
    with path.open("wb") as file:
        file.writelines(SECRETS.text(one).encode() if isinstance(one, str) else SECRETS.body(one)[0] for one in pieces)


def _print(content: str | bytes, stream: TextIO) -> None:
    if isinstance(content, str):
        stream.write(SECRETS.text(content))
    else:
        stream.buffer.write(SECRETS.body(content)[0])
    stream.flush()

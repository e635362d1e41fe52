"""Where results go: stdout or a file, in one of four styles; everything else goes to stderr."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, Literal, TextIO

from growthos import jsontext
from growthos.folders import ANOTHER, cannot_write, making
from growthos.redact import SECRETS
from growthos.render.pages import Note, Page, markdown
from growthos.render.text import for_spreadsheet

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
        _write(jsontext.dumps(structure()) + "\n", output)
    elif style in {"csv", "raw-csv"}:
        _write(as_csv(fields, records(), raw=style == "raw-csv"), output)
        say(tuple(block for block in page() if isinstance(block, Note) and block.tone in {"warn", "bad"}))
    elif style == "markdown":
        _write(markdown(page()), output)
    elif output is not None:
        _write(drawn(page()), output)
    else:
        show(page())


def show(page: Page) -> None:
    """Draw a page on stdout."""
    from growthos.render import screen

    _print(screen.drawn_for(sys.stdout, page), sys.stdout)


def say(page: Page) -> None:
    """Draw a page on stderr."""
    from growthos.render import screen

    if page:
        _print(screen.drawn_for(sys.stderr, page), sys.stderr)


def drawn(page: Page) -> str:
    """A page as plain text, as a file holds it."""
    from growthos.render import screen

    return screen.draw(page, screen.plain())


def read(text: str) -> None:
    """Markdown on stdout, laid out where somebody looks on."""
    from growthos.render import screen

    _print(screen.laid_out(sys.stdout, text), sys.stdout)


def as_csv(fields: Sequence[str], records: Iterable[Record], *, raw: bool = False) -> str:
    """A head and a line for each record; nothing in it is a formula, unless it is wanted `raw`."""
    import csv

    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if raw:  # a carriage return is text, and only quotes say so
        writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(fields)
    for record in records:
        values = [record[name] for name in fields]
        writer.writerow(values if raw else map(for_spreadsheet, values))
    return text.getvalue()


def _write(text: str, output: Path | None) -> None:
    if output is None:
        _print(text, sys.stdout)
        return
    if output.exists() and not output.is_file():  # a pipe, a device
        try:
            output.write_text(SECRETS.text(text), encoding="utf-8")
        except OSError as error:
            raise cannot_write(output, error, hint=ANOTHER) from error
        return
    with making(output) as new:
        new.write_text(SECRETS.text(text), encoding="utf-8")


def _print(text: str, stream: TextIO) -> None:
    stream.write(SECRETS.text(text))
    stream.flush()

"""The command for own questions: sql."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, cast

import typer

from growthos.cli import completion
from growthos.cli.options import FILES, FORMATS, OutputOption, rows_form
from growthos.cli.session import Session
from growthos.errors import UsageError

if TYPE_CHECKING:
    from growthos.render.output import Style

PANEL = "See"
EPILOG = """
[bold]Examples[/bold]

growthos sql                               the tables and their columns
growthos sql "describe fact_orders"        one table, with the types
growthos sql "select status, count(*) from dim_campaign group by all"
growthos sql "from fact_orders" -o a.csv   all rows; .xlsx, .parquet as well
growthos sql - < weekly.sql                the query from a file
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(sql)


def sql(
    context: typer.Context,
    query: Annotated[
        str | None,
        typer.Argument(metavar="QUERY", show_default="show the tables", help="One SELECT; `-` reads it from stdin."),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            show_default="as the name of FILE ends, else table",
            help="How to write it: table, json, csv, markdown, parquet or xlsx. A table shows the first 50 rows.",
            autocompletion=completion.words((*FORMATS, *FILES)),
        ),
    ] = None,
    output: OutputOption = None,
) -> None:
    """Ask the published tables in SQL, or show which there are; nothing can be changed or reached from there.

    Money is in whole cents. It is DuckDB's SQL; the tables are those of the last sync that passed its checks.
    """
    from growthos import interrupt, last_build, render
    from growthos.cli.health import look
    from growthos.folders import beside
    from growthos.warehouse.answers import Answer
    from growthos.warehouse.tables import tables

    session: Session = context.obj
    text = _given(query)
    style = rows_form(format_, output)
    if text is None and style in FILES:
        raise UsageError(
            f"--format {style} is for the rows of a query, and there is none.", hint="Write one in quotes, or to stdin."
        )
    look(session, strict=False)
    with ExitStack() as stack:
        con = stack.enter_context(session.published(beside(output) if style == "parquet" and output else None))
        if output is not None:
            stack.enter_context(interrupt.in_order())
            stack.enter_context(interrupt.breakable(con))
        if text is None:
            render.tables(tables(con), cast("Style", style), output)
        else:
            made = last_build.from_database(con).finished_at if style == "xlsx" else None
            render.answer(Answer(con, text), style, output, made)


def _given(query: str | None) -> str | None:
    """The query, None where there is none: neither on the command line nor on stdin."""
    if query is not None and query != "-":
        return _told(query.encode("utf-8", "surrogateescape"))
    if query is None and (sys.stdin is None or sys.stdin.isatty()):
        return None
    try:
        text = _told(sys.stdin.buffer.read() if sys.stdin else b"")
    except OSError as error:
        raise UsageError(
            f"The query cannot be read from stdin: {error.strerror}.", hint="Write it after `growthos sql`, in quotes."
        ) from error
    return text if query or text.strip() else None


def _told(given: bytes) -> str:
    try:
        return given.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("The query is not written in UTF-8.", hint="Save it in UTF-8.") from error

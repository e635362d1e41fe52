"""The command that hands tables to other programs: export."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli.options import export_form, word
from growthos.cli.session import Session

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.exports import Exported
    from growthos.render.answers import Form
    from growthos.warehouse.tables import Table

PANEL = "Set up"
EPILOG = """
[bold]Examples[/bold]

growthos export --to shop.xlsx             one Excel file, a sheet a table
growthos export --to marts                 a folder, a Parquet file a table
growthos export --to marts --format csv fact_orders dim_customer
growthos sync && growthos export -q --to marts      for cron

[bold]What is in it[/bold]

Money in whole cents, times in UTC, as the columns' names say. Of persons:
the shop's number of a customer, the hash of an e-mail, country and region;
no name, e-mail or address.
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(export)


def export(
    context: typer.Context,
    to: Annotated[
        Path,
        typer.Option("--to", metavar="DIR|FILE", help="A folder, or a file whose name ends in .xlsx."),
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="TABLE", show_default="all of them", help="Tables to write; `growthos sql` names them."),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", show_default="xlsx for an .xlsx, else parquet", help="parquet, csv or xlsx."
        ),
    ] = None,
) -> None:
    """Write the published tables as Parquet, CSV or Excel, for other programs to read.

    A file is replaced only if an export wrote it, and only once its successor is whole.
    """
    from growthos import render
    from growthos.cli.health import look

    session: Session = context.obj
    style = export_form(format_, to)
    look(session, strict=False)
    found = _workbook(session, to, names or []) if style == "xlsx" else _folder(session, to, names or [], style)
    if not session.quiet:
        render.remark(found.told, "good")


def _workbook(session: Session, to: Path, names: Sequence[str]) -> "Exported":
    from growthos import exports, interrupt, last_build, render
    from growthos.folders import making
    from growthos.warehouse.answers import Answer

    exports.check_workbook(to)
    with session.published() as con, interrupt.in_order(), interrupt.breakable(con):
        chosen = _chosen(con, names)
        made = last_build.from_database(con).finished_at
        with making(to) as new:
            render.workbook(new, [(one.name, Answer(con, one.query)) for one in chosen], made)
    return exports.Exported(to, len(chosen), sum(one.rows for one in chosen), to.stat().st_size)


def _folder(session: Session, to: Path, names: Sequence[str], style: "Form") -> "Exported":
    """All files are made before the first one takes its place."""
    from growthos import exports, interrupt, render
    from growthos.warehouse.answers import Answer

    with session.published(exports.workplace_of(to)) as con, interrupt.in_order(), interrupt.breakable(con):
        chosen = _chosen(con, names)
        files = {f"{one.name}.{'parquet' if style == 'parquet' else 'csv'}": one for one in chosen}
        with exports.making_all(to, list(files)) as folder:
            for name, one in files.items():
                render.put_down(Answer(con, one.query), style, folder / name)
    return exports.Exported(
        to, len(chosen), sum(one.rows for one in chosen), sum((to / name).stat().st_size for name in files)
    )


def _chosen(con: "DuckDBPyConnection", names: Sequence[str]) -> "list[Table]":
    """The tables that were named, each once, or all that people read."""
    from growthos.warehouse.tables import MARTS, tables

    known = {one.name: one for one in tables(con) if one.schema == MARTS}
    return [known[word(name, tuple(known), "Table")] for name in dict.fromkeys(names)] or list(known.values())

"""The command that looks for damage: verify."""

from typing import Annotated

import typer

from growthos.cli.options import FormatOption, OutputOption, form
from growthos.cli.session import Session

PANEL = "Watch"
EPILOG = """
[bold]Examples[/bold]

growthos verify                        headers, numbers, units, the database
growthos verify --read-data            every byte, after a crash of the disk
growthos verify --format json          for a monitor: exits with 65 if damaged
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(verify)


def verify(
    context: typer.Context,
    *,
    read_data: Annotated[
        bool, typer.Option("--read-data", help="Read every byte and hold it against the hash it was written with.")
    ] = False,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Look for damage in the raw files and the database; nothing is changed and nobody is asked.

    Exit 65 if something is damaged or was lost and not read again.
    """
    from growthos import render
    from growthos import verify as looking

    session: Session = context.obj
    style = form(format_)
    found = looking.verify(session.kept, session.settings, session.clock, read_data=read_data)
    render.verification(found, style, output)
    raise typer.Exit(found.exit_code)

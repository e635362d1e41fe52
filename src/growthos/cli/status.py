"""How a home stands: status."""

import typer

from growthos.cli.options import FormatOption, OutputOption, form
from growthos.cli.session import Session

PANEL = "Watch"
EPILOG = """
[bold]Examples[/bold]

growthos status                        how far each source is read, how old that is, what is unfinished
growthos status --format json          for a monitor; exits with 3 if a source has not been read for 48 hours
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(status)


def status(context: typer.Context, format_: FormatOption = "table", output: OutputOption = None) -> None:
    """Show how far each source is read, how old that is, and what to do next; nothing is asked."""
    from growthos import render
    from growthos import status as standing

    session: Session = context.obj
    style = form(format_)
    found = standing.look(session.home, session.settings, session.clock, demo=session.demo)
    render.status(found, style, output)
    raise typer.Exit(found.exit_code)

"""The command that goes from a number back to the bytes it was made of: trace."""

from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli.options import FormatOption, OutputOption, form
from growthos.cli.session import Session
from growthos.errors import UsageError

if TYPE_CHECKING:
    from growthos.trace import Trace

PANEL = "See"
EPILOG = """
[bold]What is shown[/bold]

The rows of the tables, the staged rows they were made of, every version that
was read and what changed in it; of each the raw file, the page and the bytes.
Records are shown as they are stored, e-mails and addresses too.

[bold]Examples[/bold]

growthos trace 1042                               an order, by its name
growthos trace shopify:450789469 --format json    by its key, for programs
growthos trace 1042 --bytes 2 -o record.json      its second record
growthos trace "Spring Launch" --day yesterday    a campaign on a day
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(trace)


def trace(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="An order's name, number or key; with --day, a campaign's.")
    ],
    *,
    day: Annotated[
        str | None, typer.Option("--day", metavar="DAY", help="The day of a campaign: 2026-03-24, or yesterday.")
    ] = None,
    bytes_: Annotated[
        int | None,
        typer.Option("--bytes", metavar="N", min=1, help="Write record N alone, byte for byte as it was sent."),
    ] = None,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show what an order, or a campaign's day, was made of: table, staging, raw file, page and bytes.

    Nobody is asked and nothing is changed. Exit 65 if a file that may tell of it is damaged or gone.
    """
    from growthos import render

    session: Session = context.obj
    style = form(format_)
    found = _find(session, name.strip(), day)
    if bytes_ is None:
        render.trace(found, style, output)
    elif bytes_ > len(found.records):
        raise UsageError(
            f"--bytes {bytes_} is out of range: there are {len(found.records)} records.",
            hint="Without --bytes they are shown with their numbers.",
        )
    else:
        render.as_sent(found.records[bytes_ - 1].bytes, output)
    raise typer.Exit(found.exit_code)


def _find(session: Session, name: str, given: str | None) -> "Trace":
    from growthos import dates
    from growthos.cli.health import look
    from growthos.trace import campaigns, orders

    if not name:
        raise UsageError("NAME is empty.", hint="Name an order, or a campaign and its --day.")
    day = None
    if given is not None:
        day = dates.day(given, dates.Today.at(session.clock.now(), session.settings.reporting_timezone), "--day")
    look(session, strict=False)
    with session.published() as con:
        if day is None:
            return orders.trace(session.home, con, name)
        return campaigns.trace(session.home, con, name, day)

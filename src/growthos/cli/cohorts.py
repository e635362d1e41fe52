"""The command that shows what the customers of each month came to: cohorts."""

from typing import Annotated, Literal, cast

import typer

from growthos.cli.options import FormatOption, OutputOption, StrictOption, by_option, form, word
from growthos.cli.session import Session

PANEL = "See"
DIMENSIONS = ("channel",)
EPILOG = """
[bold]Examples[/bold]

growthos cohorts                       a row for each month
growthos cohorts --by channel          also by the channel of the first order
growthos cohorts --format csv          for programs: cents as whole numbers
growthos sql "from cohorts"            the table that it is made from
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(cohorts)


def cohorts(
    context: typer.Context,
    by: Annotated[str | None, by_option(DIMENSIONS, "Also by the way of the first order: channel.")] = None,
    format_: FormatOption = "table",
    output: OutputOption = None,
    strict: StrictOption = False,
) -> None:
    """Show what the new customers of each month cost, how many came back, and what they brought since.

    By 30, 60, 90 and 180 days after the first order, of those customers alone for whom so many days are over.
    """
    from growthos import render
    from growthos.cli.health import look
    from growthos.measures import months

    session: Session = context.obj
    style = form(format_)
    dimension = cast("Literal['channel'] | None", word(by, DIMENSIONS, "--by") if by is not None else None)
    look(session, strict=strict)
    with session.published() as con:
        found = months.read(con, dimension)
    render.cohorts(found, style, output)

"""How a home stands, and what the sources have told anew: status."""

from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli import completion
from growthos.cli.options import FormatOption, OutputOption, SinceOption, form
from growthos.cli.session import Session
from growthos.errors import UsageError

if TYPE_CHECKING:
    from growthos.restatements import Restatements

PANEL = "Watch"
EPILOG = """
[bold]Examples[/bold]

growthos status                        how far each source is read, how old
growthos status --format json          for a monitor: exits with 3 if too old
growthos status --restatements         which days were told anew, four weeks
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(status)


def status(
    context: typer.Context,
    *,
    restatements: Annotated[
        bool, typer.Option("--restatements", help="Which days were told anew: what they were, are, and since when.")
    ] = False,
    since: SinceOption = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="SOURCE",
            show_default="all of them",
            help="With --restatements: of this source alone.",
            autocompletion=completion.sources,
        ),
    ] = None,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show how far each source is read, how old that is, and what to do next; nothing is asked."""
    from growthos import render
    from growthos import status as standing

    session: Session = context.obj
    style = form(format_)
    if restatements:
        render.restatements(_restatements(session, since, source or []), style, output)
        return
    if since is not None or source:
        raise UsageError(
            "--since and --source go with --restatements alone.", hint="Add --restatements, or leave them out."
        )
    found = standing.look(session.home, session.settings, session.clock, demo=session.demo)
    render.status(found, style, output)
    raise typer.Exit(found.exit_code)


def _restatements(session: Session, since: str | None, sources: list[str]) -> "Restatements":
    from growthos import dates
    from growthos.asked import check
    from growthos.period import Period
    from growthos.restatements import restatements

    check(sources)
    today = dates.Today.at(session.clock.now(), session.settings.reporting_timezone)
    first, _ = dates.since_when(since or "28d", None, today)
    return restatements(session.home, session.settings, Period(first or today.day, today.day), sources)

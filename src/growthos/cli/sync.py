"""Commands that bring data in: sync, rebuild."""

from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli.options import SinceOption, UntilOption
from growthos.cli.session import Session

if TYPE_CHECKING:
    from growthos.outcome import SyncReport

PANEL = "Data"
SYNC_EPILOG = """
[bold]Examples[/bold]

growthos sync                      read what is due from every connected source
growthos sync shopify meta         only these two
growthos sync --since 2026-01-01   read from that day on again
"""
REBUILD_EPILOG = """
[bold]Example[/bold]

growthos rebuild                   after a change of [costs] or of the SQL
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=SYNC_EPILOG, rich_help_panel=PANEL)(sync)
    app.command(epilog=REBUILD_EPILOG.replace("[costs]", r"\[costs]"), rich_help_panel=PANEL)(rebuild)


def sync(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE", show_default="every connected one", help="Sources to read."),
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    full: Annotated[bool, typer.Option("--full", help="Read the whole history again.")] = False,
) -> None:
    """Read what is due from each source, build the tables, check them and publish them."""
    from growthos import render

    session: Session = context.obj
    report = run(session, sources or [], since=since, until=until, full=full)
    if not session.quiet:
        render.next_step(report, demo=session.demo)
    raise typer.Exit(report.exit_code)


def rebuild(context: typer.Context) -> None:
    """Build and publish everything again from the raw files, without asking any source."""
    from growthos import pipeline, render

    session: Session = context.obj
    with render.progress(session.monotonic, quiet=session.quiet) as watcher:
        report = pipeline.rebuild(session.home, session.settings, session.clock, watcher)
    render.sync_summary(report, session.settings, demo=session.demo, quiet=session.quiet)
    if not session.quiet:
        render.next_step(report, demo=session.demo)
    raise typer.Exit(report.exit_code)


def run(
    session: Session, sources: list[str], *, since: str | None = None, until: str | None = None, full: bool = False
) -> "SyncReport":
    """One sync, with its progress and its summary on stderr."""
    from growthos import dates, pipeline, render

    settings, clock = session.settings, session.clock
    today = dates.Today.at(clock.now(), settings.reporting_timezone)
    first, last = dates.since_when(since, until, today)
    asked = pipeline.Asked(sources=sources, since=first, until=last, full=full)
    with render.progress(session.monotonic, waits=not session.demo, quiet=session.quiet) as watcher:
        report = pipeline.sync(session.home, settings, clock, asked, watcher, demo_seed=session.demo_seed)
    render.sync_summary(report, settings, demo=session.demo, quiet=session.quiet)
    return report

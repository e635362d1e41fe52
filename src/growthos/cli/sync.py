"""Commands that bring data in: sync, rebuild."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli import completion
from growthos.cli.options import FORMATS, SinceOption, UntilOption, form
from growthos.cli.session import Session
from growthos.errors import BusyError, ExitCode, GrowthError, StoppedError, UsageError

if TYPE_CHECKING:
    from growthos.estimate import Estimate
    from growthos.outcome import SyncReport
    from growthos.pipeline import Asked
    from growthos.settings import Settings

PANEL = "Data"
LONGEST = 1_000_000
"""Seconds, eleven days: no sync takes longer."""
SYNC_EPILOG = """
[bold]Examples[/bold]

growthos sync                      read what is due from every source
growthos sync shopify meta         only these two
growthos sync --since 2026-01-01   read from that day on again
growthos sync --timeout 1800       ask nobody for longer than half an hour
growthos sync --dry-run            how many requests and minutes
"""
REBUILD_EPILOG = """
[bold]Example[/bold]

growthos rebuild                   after a change of [costs] or of the SQL
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=SYNC_EPILOG, rich_help_panel=PANEL)(sync)
    app.command(epilog=REBUILD_EPILOG.replace("[costs]", r"\[costs]"), rich_help_panel=PANEL)(rebuild)


def sync(  # noqa: PLR0913 - all of them are options
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            show_default="every connected one",
            help="Sources to read.",
            autocompletion=completion.sources,
        ),
    ] = None,
    *,
    since: SinceOption = None,
    until: UntilOption = None,
    full: Annotated[bool, typer.Option("--full", help="Read the whole history again.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be read, and what that costs; nobody is asked.")
    ] = False,
    lock_timeout: Annotated[
        int,
        typer.Option(
            "--lock-timeout",
            metavar="SECONDS",
            min=0,
            show_default="0: exit with 75 at once",
            help="How long to wait for another run of this home to end.",
        ),
    ] = 0,
    timeout: Annotated[
        int | None,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            min=1,
            max=LONGEST,
            show_default="as long as it takes",
            help="Ask no source any more after that; build what was read and exit with 3.",
        ),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="With --dry-run: table, json, csv or markdown.",
            autocompletion=completion.words(FORMATS),
        ),
    ] = None,
) -> None:
    """Read what is due from each source, build the tables, check them and publish them."""
    from growthos import render

    session: Session = context.obj
    if dry_run:
        style = form(format_ or "table")
        render.estimate(_estimate(session, sources or [], since, until, full=full), style)
        return
    if format_ is not None:
        raise UsageError("--format goes with --dry-run alone.", hint="A sync tells what it does on stderr.")
    settings = session.settings
    try:
        asked = replace(_asked(session, sources or [], since, until, full=full), lock_timeout=lock_timeout)
        report = run(session, asked if timeout is None else replace(asked, timeout=timeout))
    except (UsageError, BusyError, StoppedError):  # nobody is to look after any of these
        raise
    except Exception as error:
        _beat(session, settings, error.code if isinstance(error, GrowthError) else ExitCode.BUG)
        raise
    _beat(session, settings, report.exit_code)
    if not session.quiet:
        render.next_step(report, demo=session.demo)
    raise typer.Exit(report.exit_code)


def _beat(session: Session, settings: "Settings", code: ExitCode) -> None:
    """Give the sign of life that is set; what becomes of it changes nothing of how the sync ended."""
    from growthos import heartbeat, render

    try:
        if not session.demo and (said := heartbeat.beat(session.home, settings, session.clock, code)):
            render.remark(f"The heartbeat was not taken: {said}.", "warn")
    except (GrowthError, OSError) as error:
        render.remark(f"The heartbeat was not given: {error}.", "warn")


def rebuild(context: typer.Context) -> None:
    """Build and publish everything again from the raw files, without asking any source."""
    from growthos import pipeline, render

    session: Session = context.obj
    with render.progress(session.monotonic, quiet=session.quiet) as watcher:
        report = pipeline.rebuild(session.kept, session.settings, session.clock, watcher, demo=session.demo)
    render.sync_summary(report, session.settings, demo=session.demo, quiet=session.quiet)
    if not session.quiet:
        render.next_step(report, demo=session.demo)
    raise typer.Exit(report.exit_code)


def run(session: Session, asked: "Asked") -> "SyncReport":
    """One sync, with its progress and its summary on stderr."""
    from growthos import pipeline, render

    settings, clock = session.settings, session.clock
    with render.progress(session.monotonic, waits=not session.demo, quiet=session.quiet) as watcher:
        report = pipeline.sync(session.home, settings, clock, asked, watcher, demo_seed=session.demo_seed)
    render.sync_summary(report, settings, demo=session.demo, quiet=session.quiet)
    return report


def _estimate(session: Session, sources: list[str], since: str | None, until: str | None, *, full: bool) -> "Estimate":
    from growthos.estimate import estimate

    asked = _asked(session, sources, since, until, full=full)
    return estimate(session.home, session.settings, session.clock, asked, demo=session.demo)


def _asked(session: Session, sources: list[str], since: str | None, until: str | None, *, full: bool) -> "Asked":
    from growthos import dates, pipeline

    today = dates.Today.at(session.clock.now(), session.settings.reporting_timezone)
    first, last = dates.since_when(since, until, today)
    return pipeline.Asked(sources=sources, since=first, until=last, full=full)

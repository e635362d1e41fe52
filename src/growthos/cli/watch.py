"""Commands that keep watch: alerts, checks."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from growthos.cli.options import LEVELS, FormatOption, OutputOption, StrictOption, UntilOption, form, word
from growthos.cli.session import Session
from growthos.errors import ExitCode

if TYPE_CHECKING:
    from growthos.alerts import AlertReport
    from growthos.rules import Severity

PANEL = "Watch"
ALERTS_EPILOG = """
[bold]Examples[/bold]

growthos alerts                        what crossed a line in the last 7 days
growthos alerts --fail-on critical     exit with 10 if something critical did
growthos -q alerts --fail-on critical  and say nothing if nothing did: for cron
growthos alerts --all --format json    every rule, with its numbers
"""
CHECKS_EPILOG = """
[bold]Examples[/bold]

growthos checks                        the checks of the last build
growthos checks --strict               exit with 4 if a critical one failed
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=ALERTS_EPILOG, rich_help_panel=PANEL)(alerts)
    app.command(epilog=CHECKS_EPILOG, rich_help_panel=PANEL)(checks)


def alerts(
    context: typer.Context,
    *,
    until: UntilOption = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="LEVEL",
            help="Exit with 10 if an alert of this level or above fires: info, warning or critical.",
            show_default="never",
        ),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Also the rules that are quiet, or have too little data.")
    ] = False,
    format_: FormatOption = "table",
    output: OutputOption = None,
    strict: StrictOption = False,
) -> None:
    """Show what crossed a line in the last week, and what to do about it.

    With -q the screen stays empty unless an alert fires that --fail-on names, or any where it names none.
    """
    from growthos import render

    session: Session = context.obj
    style = form(format_)
    level = cast("Severity | None", word(fail_on, LEVELS, "--fail-on") if fail_on is not None else None)
    found = read(session, until, strict=strict)
    unasked = session.quiet and style == "table" and output is None and not all_
    if not unasked or found.reaches(level or "info"):
        render.alerts(found, style, output, every=all_)
    if level and found.reaches(level):
        raise typer.Exit(ExitCode.ALERTS)


def read(session: Session, until: str | None = None, *, strict: bool = False) -> "AlertReport":
    """The alerts of the week that ends on a day; also what `demo` shows."""
    from growthos import alerts as rules
    from growthos import dates, measures
    from growthos.cli.health import look

    today = dates.Today.at(session.clock.now(), session.settings.reporting_timezone)
    end = dates.day(until, today, "--until") if until is not None else None
    look(session, strict=strict)
    with session.published() as con:
        end = end or measures.about(con).last_day()
        return rules.evaluate(con, end, session.settings.alerts, session.rules.values())


def checks(
    context: typer.Context, format_: FormatOption = "table", output: OutputOption = None, strict: StrictOption = False
) -> None:
    """Show the checks of the last build."""
    from growthos import render
    from growthos.cli import health

    session: Session = context.obj
    style = form(format_)
    last = health.read(session)
    render.checks(last, style, output)
    if strict and not last.published:
        raise typer.Exit(ExitCode.CHECKS_FAILED)

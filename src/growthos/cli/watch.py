"""Commands that keep watch: alerts, checks."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from growthos.cli import completion
from growthos.cli.options import LEVELS, FormatOption, OutputOption, StrictOption, UntilOption, alone, form, word
from growthos.cli.session import Session
from growthos.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from growthos.alert_book import Book
    from growthos.alerts import AlertReport
    from growthos.backtest import Backtest, Cause
    from growthos.rules import Severity

PANEL = "Watch"
ALERTS_EPILOG = """
[bold]Examples[/bold]

growthos alerts                        what crossed a line in the last 7 days
growthos alerts --fail-on critical     exit with 10 if something critical did
growthos -q alerts --fail-on critical  and say nothing if nothing did
growthos alerts --all --format json    every rule, with its numbers
growthos alerts --backtest 90d         how often would you have been told?
growthos alerts notify                 tell what is new, once
growthos alerts silence ctr_drop --until 3d --reason "new creatives"
"""
CHECKS_EPILOG = """
[bold]Examples[/bold]

growthos checks                        the checks of the last build
growthos checks --strict               exit with 4 if a critical one failed
"""


def add(app: typer.Typer) -> typer.Typer:
    """Add them; the group of `alerts`, for the commands below it."""
    group = typer.Typer(subcommand_metavar="[COMMAND]")
    group.callback(invoke_without_command=True, epilog=ALERTS_EPILOG, rich_help_panel=PANEL)(alerts)
    app.add_typer(group, name="alerts")
    app.command(epilog=CHECKS_EPILOG, rich_help_panel=PANEL)(checks)
    return group


def alerts(
    context: typer.Context,
    *,
    until: UntilOption = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="LEVEL",
            autocompletion=completion.words(LEVELS),
            help="Exit with 10 if an alert of this level or above fires: info, warning or critical.",
            show_default="never",
        ),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Also the rules that are quiet, or have too little data.")
    ] = False,
    backtest: Annotated[
        str | None,
        typer.Option(
            "--backtest",
            metavar="DAY",
            help="How often each rule would have fired from that day on: 90d, 2026-01-01, last-month.",
            autocompletion=completion.days,
        ),
    ] = None,
    format_: FormatOption = "table",
    output: OutputOption = None,
    strict: StrictOption = False,
) -> None:
    """Show what crossed a line in the last week, and what to do about it.

    With -q the screen stays empty unless an alert fires that --fail-on names, or any where it names none.
    """
    from growthos import render

    if context.invoked_subcommand:
        alone(context)
        return
    session: Session = context.obj
    style = form(format_)
    level = cast("Severity | None", word(fail_on, LEVELS, "--fail-on") if fail_on is not None else None)
    if backtest is not None:
        _alone(fail_on=fail_on is not None, every=all_)
        render.backtest(_backtest(session, backtest, until, strict=strict), style, output)
        return
    found = read(session, until, strict=strict)
    unasked = session.quiet and style == "table" and output is None and not all_
    if not unasked or found.reaches(level or "info"):
        render.alerts(found, style, output, every=all_)
    if level and found.reaches(level):
        raise typer.Exit(ExitCode.ALERTS)


def read(
    session: Session,
    until: str | None = None,
    *,
    strict: bool = False,
    untold: bool = False,
    book: "Book | None" = None,
) -> "AlertReport":
    """The alerts of the week that ends on a day, and how each stands; also what `demo` shows."""
    from growthos import alert_book, alerts, dates, measures
    from growthos import standings as found
    from growthos.cli.health import look

    now, told = session.clock.now(), session.settings.alerts
    today = dates.Today.at(now, session.settings.reporting_timezone)
    end = dates.day(until, today, "--until") if until is not None else None
    book = alert_book.read(session.home) if book is None else book
    failed = look(session, strict=strict, untold=untold)
    with session.published() as con:
        end = end or measures.about(con).last_day()
        rules = session.rules.values()
        stands = found.standings(con, end, told.keep_firing_for, told, rules)
        return found.stand(alerts.evaluate(con, end, told, rules), stands, book.silences, now, failed)


def _alone(*, fail_on: bool, every: bool) -> None:
    """UsageError where something was asked that a back-test has no answer to."""
    for given, option in ((fail_on, "--fail-on"), (every, "--all")):
        if given:
            raise UsageError(
                f"{option} does not go with --backtest.",
                hint="A back-test tells of days that are past, of every rule, and is no reason to fail. Leave one out.",
            )


def _backtest(session: Session, since: str, until: str | None, *, strict: bool) -> "Backtest":
    """What the rules would have said of every day from one on, and for what that is known."""
    from growthos import backtest, dates, measures
    from growthos.cli.health import look

    told = session.settings.alerts
    today = dates.Today.at(session.clock.now(), session.settings.reporting_timezone)
    dates.check(since, until, today, "--backtest")
    look(session, strict=strict)
    with session.published() as con:
        period = dates.resolve(since, until, measures.about(con).last_day(), today, "--backtest")
        rules = session.rules.values()
        return backtest.backtest(con, period, told.keep_firing_for, told.repeats, told, rules, causes=_causes(session))


def _causes(session: Session) -> "list[Cause]":
    """What the demo shop knows of its numbers; of a real one only its calendar tells, which is in the database."""
    from growthos.backtest import Cause
    from growthos.period import Period

    if not session.demo:
        return []
    from growthos.demo import happened

    return [Cause(Period(one.first, one.last), one.what, one.channel or None) for one in happened()]


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

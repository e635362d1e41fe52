"""The command that holds our totals against the sources' own."""

from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli import completion
from growthos.cli.options import FormatOption, OutputOption, SinceOption, UntilOption, form
from growthos.cli.session import Session
from growthos.errors import ExitCode

if TYPE_CHECKING:
    from growthos.reconcile import Reconciliation

PANEL = "Watch"
EPILOG = """
[bold]Near enough[/bold]

Money, impressions and clicks: half a percent, or one. Orders: exactly.
GA4: one percent; days of which it kept rows back are not compared.
`growthos explain reconciliation` says why.

[bold]Examples[/bold]

growthos reconcile                         the last 28 complete days
growthos reconcile --source meta --all     every day of one source
growthos reconcile --strict                exit with 4 if a day differs
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(reconcile)


def reconcile(
    context: typer.Context,
    *,
    since: SinceOption = None,
    until: UntilOption = None,
    sources: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="SOURCE",
            show_default="every one",
            help="Only this source; may be repeated.",
            autocompletion=completion.sources,
        ),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Also the days that agree.")] = False,
    format_: FormatOption = "table",
    output: OutputOption = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 4 if a day differs, or while a critical check has failed.")
    ] = False,
) -> None:
    """Hold our total of each day against what the source itself says of it.

    Spend, impressions and clicks against the ad account's own; orders, order totals and refunds against Shopify's;
    sessions and purchases against GA4's. By default of the last 28 days that are complete.
    """
    from growthos import render

    session: Session = context.obj
    style = form(format_)
    found = read(session, sources or [], since, until, strict=strict)
    render.reconciliation(found, style, output, every=all_)
    if strict and found.wrong:
        raise typer.Exit(ExitCode.CHECKS_FAILED)


def read(
    session: Session, sources: list[str], since: str | None, until: str | None, *, strict: bool
) -> "Reconciliation":
    from growthos import connectors, dates, measures
    from growthos import reconcile as compare
    from growthos.cli.health import look
    from growthos.cli.options import word

    asked = [word(one, tuple(connectors.find()), "--source") for one in sources]
    today = dates.Today.at(session.clock.now(), session.settings.reporting_timezone)
    since = since or f"{compare.DAYS}d"
    dates.check(since, until, today)
    look(session, strict=strict)
    with session.published() as con:
        period = dates.resolve(since, until, measures.about(con).last_day(), today)
        return compare.reconcile(con, period, asked)

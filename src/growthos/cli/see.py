"""Commands that show numbers: kpis, plot, why, explain."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from growthos.cli import completion
from growthos.cli.options import (
    FormatOption,
    OutputOption,
    SinceOption,
    StrictOption,
    UntilOption,
    by_option,
    form,
    word,
)
from growthos.cli.session import Session, no_data
from growthos.errors import NoDataError, UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.catalog import Entry
    from growthos.kpis import Kpi
    from growthos.measures.comparison import By, Report
    from growthos.period import Per, Period
    from growthos.render.output import Style

PANEL = "See"
DIMENSIONS = ("channel", "campaign", "ad", "keyword")
PERS = ("day", "week", "month")
LONG = "90d"
KPIS_EPILOG = """
[bold]Examples[/bold]

growthos kpis                          the last 7 complete days
growthos kpis --since last-month       last month against as many days before
growthos kpis roas cac --by channel    two KPIs, and both for each channel
growthos kpis --by ad                  each ad, under its campaign
growthos kpis --format json | jq .     for programs: cents as whole numbers
"""
PLOT_EPILOG = """
[bold]Examples[/bold]

growthos plot revenue_net                    the last 90 complete days
growthos plot roas --per week --by channel   in all, and for each ad platform
growthos plot aov --since 2025-01-01         more than 120 days: by week
growthos plot cac --since 30d --format csv   for programs: a row a day
"""
WHY_EPILOG = """
[bold]Examples[/bold]

growthos why revenue_net               orders, order value or returns?
growthos why roas --since last-month   dearer ads, or clicks that buy less?
growthos why cac --format json         for programs: effects that add up
"""
EXPLAIN_EPILOG = """
[bold]Examples[/bold]

growthos explain cac                   its formula in numbers, sources, SQL
growthos explain roas --since mtd      the same for this month
growthos explain revenue_drop          when the alert fires, and if it does
growthos explain unique_grain          what the check asks, and found last
growthos explain shopify               settings and streams of a source
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=KPIS_EPILOG, rich_help_panel=PANEL)(kpis)
    app.command(epilog=PLOT_EPILOG, rich_help_panel=PANEL)(plot)
    app.command(epilog=WHY_EPILOG, rich_help_panel=PANEL)(why)
    app.command(epilog=EXPLAIN_EPILOG, rich_help_panel=PANEL)(explain)


def kpis(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", show_default="all of them", help="KPIs to show.", autocompletion=completion.kpis
        ),
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    by: Annotated[
        str | None,
        by_option(DIMENSIONS, "Also by channel, or what was advertised: campaign, ad or keyword."),
    ] = None,
    format_: FormatOption = "table",
    output: OutputOption = None,
    strict: StrictOption = False,
) -> None:
    """Show the KPIs of some days beside those of the days before."""
    from growthos import render

    session: Session = context.obj
    style = form(format_)
    found = read(session, names or [], since, until, by, strict=strict, days=style in {"table", "markdown"})
    render.kpis(found, style, output)


def read(
    session: Session,
    names: list[str],
    since: str | None = None,
    until: str | None = None,
    by: str | None = None,
    *,
    strict: bool = False,
    days: bool = True,
) -> "Report":
    """The KPIs of a window; also what `demo` shows."""
    from growthos import kpis as catalogue

    dimension = cast("By | None", word(by, DIMENSIONS, "--by") if by is not None else None)
    for name in names:
        find(session, name)
    with window(session, since, until, strict=strict) as (con, period):
        return catalogue.report(con, period, names, dimension, days=days, known=session.kpis)


@contextmanager
def window(
    session: Session, since: str | None, until: str | None, *, strict: bool
) -> "Iterator[tuple[DuckDBPyConnection, Period]]":
    """The published database, and the days that were asked for."""
    from growthos import dates, measures
    from growthos.cli.health import look

    today = dates.Today.at(session.clock.now(), session.settings.reporting_timezone)
    dates.check(since, until, today)
    look(session, strict=strict)
    with session.published() as con:
        yield con, dates.resolve(since, until, measures.about(con).last_day(), today)


def find(session: Session, name: str) -> "Kpi":
    """The KPI of that name; the demo is said to have none of a home's own."""
    from growthos import kpis as catalogue

    with _of_the_demo(session):
        return catalogue.find(name, session.kpis)


@contextmanager
def _of_the_demo(session: Session) -> Iterator[None]:
    """A name that is looked up in here may be one of growthos.toml, of which nothing counts in the demo."""
    try:
        yield
    except UsageError as error:
        if session.demo and session.base.settings.exists():
            error.hint = (
                f"{error.hint} In the demo nothing of growthos.toml counts, your own KPIs and rules included.".strip()
            )
        raise


def plot(  # noqa: PLR0913, PLR0917 - all of them are options
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="KPI", help="The KPI to draw.", autocompletion=completion.kpis)],
    since: SinceOption = None,
    until: UntilOption = None,
    by: Annotated[str | None, by_option(DIMENSIONS[:1], "Also draw each one of them: channel.")] = None,
    per: Annotated[
        str | None,
        typer.Option(
            "--per",
            metavar="LENGTH",
            show_default="day; week where there are more than 120 days",
            help="What a bar stands for: day, week or month.",
            autocompletion=completion.words(PERS),
        ),
    ] = None,
    format_: FormatOption = "table",
    output: OutputOption = None,
    strict: StrictOption = False,
) -> None:
    """Draw a KPI over time, by default the last 90 complete days."""
    from growthos import render
    from growthos.measures import series

    session: Session = context.obj
    style = form(format_)
    find(session, name)
    dimension = cast("Literal['channel'] | None", word(by, DIMENSIONS[:1], "--by") if by is not None else None)
    length = cast("Per | None", word(per, PERS, "--per") if per is not None else None)
    with window(session, since or LONG, until, strict=strict) as (con, period):
        days = period if since else series.recent(con, period)
        found = series.over_time(con, name, days, length, dimension, session.kpis)
    render.plot(found, style, output)


def why(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="KPI", help="The KPI whose change is split.", autocompletion=completion.kpis)
    ],
    since: SinceOption = None,
    until: UntilOption = None,
    format_: FormatOption = "table",
    output: OutputOption = None,
    strict: StrictOption = False,
) -> None:
    """Split the change of a KPI against the days before into what caused it, by channel and campaign."""
    from growthos import render
    from growthos.measures import why as causes

    session: Session = context.obj
    style = form(format_)
    find(session, name)
    causes.find_split(name, session.kpis)
    with window(session, since, until, strict=strict) as (con, period):
        found = causes.why(con, name, period, session.kpis)
    render.why(found, style, output, demo=session.demo)


def explain(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A KPI, alert, check or source.", autocompletion=completion.entries)
    ],
    since: SinceOption = None,
    until: UntilOption = None,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Say what a KPI, alert, check or source is, how it is worked out, and what it says now."""
    from growthos import catalog, render

    session: Session = context.obj
    style = form(format_)
    with _of_the_demo(session):
        entry = catalog.explain(name, session.kpis, session.rules)
    if since is not None and entry.kind != "kpi":
        raise UsageError(f"--since goes with a KPI, and {entry.name} is none.", hint="Leave it out.")
    if until is not None and entry.kind not in {"kpi", "alert"}:
        raise UsageError(f"--until goes with a KPI or an alert, and {entry.name} is neither.", hint="Leave it out.")
    try:
        _explain(session, entry, since, until, style, output)
    except NoDataError:
        render.entry(entry, style, output)
        raise


def _explain(
    session: Session, entry: "Entry", since: str | None, until: str | None, style: "Style", output: Path | None
) -> None:
    """Show an entry with what it says now; NoDataError where there is nothing yet that could say something."""
    from growthos import explanation, last_build, render
    from growthos.cli import health, watch

    match entry.kind:
        case "kpi":
            with window(session, since, until, strict=False) as (con, period):
                last = last_build.from_report(session.home)
                found = explanation.explain(con, entry, period, session.clock.now(), last, session.kpis)
            render.explanation(found, style, output)
        case "alert":
            render.entry(entry, style, output, watch.read(session, until).of(entry.name))
        case "check":
            render.entry(entry, style, output, health.read(session).of(entry.name))
        case _:
            if not session.home.database.exists():
                raise no_data(session.home)
            render.entry(entry, style, output)

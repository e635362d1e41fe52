"""The command that writes the business review: report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli import completion
from growthos.cli.options import PAPERS, SinceOption, StrictOption, UntilOption, paper
from growthos.cli.see import PANEL, window
from growthos.cli.session import Session

if TYPE_CHECKING:
    from growthos.period import Period
    from growthos.render.weekly_page import Paper
    from growthos.weekly import Review

EPILOG = """
[bold]Examples[/bold]

growthos report                        report-DAY-DAY.html of the last 7 days
growthos report --since last-month -o month.html
growthos report --format markdown      for chat and mail
growthos -q report -o week.html        for cron

The page is one file that asks nothing of the network; it prints on paper.
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(report)


def report(
    context: typer.Context,
    *,
    since: SinceOption = None,
    until: UntilOption = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            show_default="as the file's name ends, else html",
            help="How to write it: html or markdown.",
            autocompletion=completion.words(PAPERS),
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default="report-DAY-DAY.html here where stdout is a terminal, else stdout",
            help="Write to this file.",
        ),
    ] = None,
    strict: StrictOption = False,
) -> None:
    """Write the weekly business review: what happened and why, in one page for screen, paper, chat and mail."""
    from growthos import render

    session: Session = context.obj
    style = paper(format_, output)
    found = read(session, since, until, style, strict=strict)
    named = output or (_here(found.report.period) if style == "html" and sys.stdout.isatty() else None)
    render.review(found, style, named)
    if named is not None and output is None:
        render.remark(f"The review is in {named}; open it in a browser.", "good")


def read(session: Session, since: str | None, until: str | None, style: "Paper", *, strict: bool) -> "Review":
    from importlib.metadata import version

    from growthos import last_build, weekly
    from growthos.cli import watch

    with window(session, since, until, strict=strict) as (con, period):
        asking = weekly.Asking(
            shop=session.settings.sources.get("shopify", {}).get("shop_domain") or session.base.root.name,
            version=version("growthos"),
            command=_command(session, period, style),
            at=session.clock.now(),
        )
        last, errors = last_build.from_report(session.home), last_build.failures(session.home)
        return weekly.review(
            con,
            period,
            asking,
            watch.read(session, str(period.last), untold=True),
            last,
            errors,
            known=session.kpis,
        )


def _command(session: Session, period: "Period", style: "Paper") -> str:
    """What makes the same review again, whatever day it is."""
    demo = " --demo" if session.demo else ""
    other = "" if style == "html" else f" --format {style}"
    return f"growthos{demo} report --since {period.first} --until {period.last}{other}"


def _here(period: "Period") -> Path:
    return Path(f"report-{period.first}-{period.last}.html")

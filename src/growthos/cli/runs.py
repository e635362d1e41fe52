"""The command that shows past runs: runs."""

from typing import Annotated

import typer

from growthos.cli.options import FormatOption, OutputOption, form
from growthos.cli.session import Session
from growthos.errors import UsageError

PANEL = "Watch"
LAST = 10
EPILOG = """
[bold]Examples[/bold]

growthos runs                          the last ten, and how each ended
growthos runs --last 30                further back
growthos runs --restatements           also how many days each told anew
growthos runs 3f9a2c41                 one of them in full
growthos runs --format json            for programs
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(runs)


def runs(
    context: typer.Context,
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="RUN_ID", show_default="the last ones", help="A run, by the beginning of its id."),
    ] = None,
    *,
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", min=1, show_default=str(LAST), help="How many runs to show.")
    ] = None,
    restatements: Annotated[
        bool, typer.Option("--restatements", help="Also how many days each told anew; this reads raw files.")
    ] = False,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show past syncs and rebuilds: how each ended, how long it took, what it read, and why it failed.

    The reports of the last 1,000 are kept.
    """
    from dataclasses import replace

    from growthos import past_runs, render

    session: Session = context.obj
    style, home = form(format_), session.kept
    if run_id is not None:
        if last is not None or restatements:
            raise UsageError(
                "--last and --restatements go with the list alone.", hint="One run is always shown in full."
            )
        [run] = past_runs.with_restatements((past_runs.one(home, run_id),), home, session.settings)
        render.past_run(run, style, output, demo=session.demo)
        return
    found = past_runs.last(home, last or LAST)
    if restatements:
        found = replace(found, runs=past_runs.with_restatements(found.runs, home, session.settings))
    render.past_runs(found, style, output, demo=session.demo)

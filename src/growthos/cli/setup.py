"""Commands to begin with: demo."""

from typing import Annotated

import typer

from growthos.cli.session import Session
from growthos.errors import ExitCode
from growthos.home import DEMO_SEED

PANEL = "Set up"
EPILOG = """
[bold]Examples[/bold]

growthos demo                          sync the demo shop, then its KPIs and alerts
growthos --demo kpis --by channel      any command works on it
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(demo)


def demo(
    context: typer.Context,
    seed: Annotated[int, typer.Option("--seed", hidden=True, help="Another number is another shop.")] = DEMO_SEED,
) -> None:
    """Show everything on a shop that never was: 180 days, no account, about a second."""
    from growthos import render
    from growthos.cli import see, sync, watch

    session: Session = context.obj
    session.demo, session.seed = True, seed
    report = sync.run(session, [])
    if report.exit_code != ExitCode.OK:
        raise typer.Exit(report.exit_code)
    typer.echo(err=True)
    with session.published():
        render.kpis(see.read(session, []))
        typer.echo()
        render.alerts(watch.read(session))
    if not session.quiet:
        typer.echo(err=True)
        render.next_step(report, demo=True)

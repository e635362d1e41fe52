"""Commands to begin with, and for when something does not work: demo, connections, settings, doctor."""

from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli import completion, process
from growthos.cli.options import FormatOption, OutputOption, form
from growthos.cli.session import Session
from growthos.errors import ExitCode
from growthos.home import DEMO_SEED

if TYPE_CHECKING:
    from growthos.settings import Settings

PANEL = "Set up"
EPILOG = """
[bold]Examples[/bold]

growthos demo                          sync it, then its KPIs and alerts
growthos --demo kpis --by channel      any command works on it
"""
CONNECTIONS_EPILOG = """
[bold]Examples[/bold]

growthos connections                   what is connected, what is missing
growthos connections --test            does each source let us in?
growthos connections --test meta       only this one
"""
SETTINGS_EPILOG = """
[bold]Examples[/bold]

growthos settings                      what holds, and who said so
growthos settings costs sync.history   a table, and one setting
growthos settings shopify              what may be set for a source
growthos settings --format json        for programs
"""
DOCTOR_EPILOG = """
[bold]Examples[/bold]

growthos doctor                        what is wrong, and what to do
growthos doctor --offline              without asking any source
growthos doctor --format json          for programs
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(demo)
    app.command(epilog=CONNECTIONS_EPILOG, rich_help_panel=PANEL)(connections)
    app.command(epilog=SETTINGS_EPILOG, rich_help_panel=PANEL)(settings)
    app.command(epilog=DOCTOR_EPILOG, rich_help_panel=PANEL)(doctor)


def demo(
    context: typer.Context,
    seed: Annotated[int, typer.Option("--seed", hidden=True, help="Another number is another shop.")] = DEMO_SEED,
) -> None:
    """Show everything on a shop that never was: 180 days, no account, about a second."""
    from growthos import render
    from growthos.cli import see, sync, watch
    from growthos.pipeline import Asked

    session: Session = context.obj
    session.demo, session.seed = True, seed
    report = sync.run(session, Asked())
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


def connections(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE", show_default="all of them", help="Sources to show.", autocompletion=completion.sources
        ),
    ] = None,
    *,
    test: Annotated[
        bool, typer.Option("--test", help="Ask each connected source whether it lets us in; nothing is kept of it.")
    ] = False,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show which sources are connected, and with --test whether they answer.

    With --test: exit 77 if all refuse, 69 if none answers, 3 if some fail.
    """
    from dataclasses import replace

    from growthos import connections as sources_of
    from growthos import render, settings

    session: Session = context.obj
    style, names = form(format_), sources or []
    origins = settings.demo_origins() if session.demo else settings.whence(session.home, session.environ)
    found = sources_of.listed(session.settings, origins, names)
    if test:
        _asking(session)
        looks = sources_of.look(session.home, session.settings, session.clock, names, demo_seed=session.demo_seed)
        found = replace(found, looks=looks)
    render.connections(found, style, output)
    raise typer.Exit(found.exit_code)


def settings(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            show_default="all of them",
            help="Settings, or tables of growthos.toml, to show.",
            autocompletion=completion.settings,
        ),
    ] = None,
    *,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show each setting as it is in force, its default, and the line or variable that says so; of secrets, no value."""
    from growthos import render
    from growthos import settings as of
    from growthos.settings.in_force import in_force

    session: Session = context.obj
    style = form(format_)
    process.close_memory()
    given = of.demo() if session.demo else of.load(session.home, session.environ, partly=True)
    found = in_force(session.home, given, session.environ, names or [], demo=session.demo)
    render.settings(found, style, output)


def doctor(
    context: typer.Context,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no source; look at this machine alone.")] = False,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Find what is wrong with this installation, its home and its sources, and say what to do.

    Exit 73 if the home cannot be written, 78 if settings are wrong, 65 if the database is damaged, 3 if a source fails.
    """
    from growthos import doctor as physician
    from growthos import render
    from growthos.errors import SettingsError

    session: Session = context.obj
    style = form(format_)
    given: Settings | SettingsError
    try:
        given = session.trouble or session.settings
    except SettingsError as error:
        given = error
    if not (offline or isinstance(given, SettingsError)):
        _asking(session)
    found = physician.examine(session.home, given, session.clock, demo_seed=session.demo_seed, offline=offline)
    render.diagnosis(found, style, output)
    raise typer.Exit(found.exit_code)


def _asking(session: Session) -> None:
    """Say what the wait is for; the demo answers at once."""
    from growthos import render

    if not (session.demo or session.quiet):
        render.asking()

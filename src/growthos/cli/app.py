"""The commands of growthos, in the panels of its help."""

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from growthos.cli import (
    cohorts,
    export,
    init,
    keeping,
    login,
    manual,
    notify,
    process,
    query,
    reconcile,
    report,
    runs,
    schedule,
    schema,
    see,
    setup,
    silences,
    status,
    sync,
    trace,
    verify,
    watch,
)
from growthos.cli.session import Session, choose_home

if TYPE_CHECKING:
    from typer.models import CommandInfo

CONTEXT = {"help_option_names": ["-h", "--help"]}
GLOBAL = ("--demo", "-q", "--quiet", "-v", "--verbose", "--raw-csv")
EPILOG = """
[bold]Begin here[/bold]

growthos demo                      a whole shop, no account needed
growthos init                      connect your own shop
growthos sync                      read what is connected
growthos kpis --since 7d           18 KPIs against the days before
growthos alerts notify             what is new, once: for cron
"""

_deferred: "dict[str, CommandInfo]" = {}


class Panels(TyperGroup):
    """The commands by panel, each panel as it was begun; what has commands of its own stands first in its panel.

    What a command takes is found out when it is asked for: doing so for all of them costs an eighth of a help.
    """

    def resolve_command(self, ctx: Any, args: Any) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name in _deferred:
            command = _whole(name)
        return name, None if command is None else readable(command, ctx), rest

    def get_params(self, ctx: Any) -> Any:
        return [_readable(one) for one in super().get_params(ctx)]

    def list_commands(self, ctx: Any) -> list[str]:
        panel = {name: getattr(one, "rich_help_panel", None) for name, one in self.commands.items()}
        begun = list(dict.fromkeys(panel.values()))
        plain = {name: not isinstance(one, TyperGroup) for name, one in self.commands.items()}
        return sorted(self.commands, key=lambda name: (begun.index(panel[name]), plain[name]))


def _whole(name: str) -> Any:
    """A command with all that it takes."""
    alone = typer.Typer(
        add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False, context_settings=CONTEXT
    )
    alone.registered_commands.append(copy(_deferred[name]))
    return typer.main.get_command(alone)


def _defer(commands: "Sequence[CommandInfo]") -> None:
    """Leave of each command what the list of them shows, until the command is asked for."""
    for one in commands:
        function = one.callback
        assert function is not None  # noqa: S101 - a command is made of one

        def says() -> None:
            raise AssertionError

        says.__name__, says.__doc__ = function.__name__, function.__doc__
        _deferred[one.name or function.__name__] = copy(one)
        one.callback = says


def readable(command: Any, ctx: Any) -> Any:
    """A command whose help flows to the width of the terminal, as typer has only the first paragraph do."""
    command.help = "\n\n".join(" ".join(one.split()) for one in (command.help or "").split("\n\n"))
    for option in command.get_params(ctx):
        _readable(option)
    for below in getattr(command, "commands", {}).values():
        readable(below, ctx)
    return command


def _readable(option: Any) -> Any:
    """An option that is there or not has no `<bool>` beside it, which looks like a word to give."""
    if getattr(option, "is_bool_flag", False) and option.metavar is None:
        option.metavar = ""
    return option


app = typer.Typer(
    name="growthos",
    cls=Panels,
    add_completion=True,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings=CONTEXT,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"growthos {version('growthos')}")
        raise typer.Exit


@app.callback(epilog=EPILOG)
def growthos(
    context: typer.Context,
    *,
    home: Annotated[
        str | None,
        typer.Option(
            "--home",
            metavar="DIR",
            envvar="GROWTHOS_HOME",
            show_default="the nearest folder upwards with growthos.toml, else the user's data folder",
            help="The folder of one shop: its settings, raw files and database.",
        ),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Use the demo shop; DEMO_MODE=true does the same.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing where all is well, but what was asked for.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what went wrong in full.")] = False,
    raw_csv: Annotated[
        bool, typer.Option("--raw-csv", help="With --format csv: text as it is, formulas too; not for spreadsheets.")
    ] = False,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """What a shop sold, what it cost to get, and whether something is breaking.

    Shopify, Meta Ads, Google Ads and GA4 in one DuckDB file on your own disk.
    """
    import os
    import shlex

    from growthos.errors import SettingsError
    from growthos.settings.origins import demo_mode

    session = Session(base=choose_home(home), demo=demo, quiet=quiet, verbose=verbose, raw_csv=raw_csv)
    if home is not None and os.environ.get("GROWTHOS_HOME") != home:
        session.chosen = f"--home {shlex.quote(home)} "
    if demo or context.invoked_subcommand == "demo":
        session.chosen += "--demo "
    try:
        session.demo = demo or demo_mode(session.base, os.environ)
    except SettingsError as error:
        if context.invoked_subcommand != "doctor":
            raise
        session.trouble = error
    process.begin(session)
    context.obj = session


def hoist(arguments: Sequence[str]) -> list[str]:
    """Options of the program that stand after the command, moved before it: both places mean the same."""
    front: list[str] = []
    rest: list[str] = []
    given = iter(arguments)
    for one in given:
        if one == "--":
            rest += [one, *given]
        elif one in GLOBAL or one.startswith("--home="):
            front.append(one)
        elif one == "--home":
            front += [one, *[value for value in [next(given, None)] if value is not None]]
        else:
            rest.append(one)
    return [*front, *rest]


sync.add(app)
keeping.add(app)
see.add(app)
report.add(app)
cohorts.add(app)
query.add(app)
trace.add(app)
alerts = watch.add(app)
silences.add(alerts)
notify.add(alerts)
reconcile.add(app)
status.add(app)
runs.add(app)
schema.add(app)
verify.add(app)
init.add(app)
setup.add(app)
login.add(app)
schedule.add(app)
export.add(app)
manual.add(app)
_defer(app.registered_commands)

"""The command that explains the others: help."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from growthos.cli import completion
from growthos.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer._click import Context

PANEL = "Set up"
EPILOG = """
[bold]Examples[/bold]

growthos help                          every command and topic
growthos help kpis                     as growthos kpis -h does
growthos help exit-codes               how commands end, for cron
growthos explain cac                   of a KPI, alert, check or source
"""


def add(app: typer.Typer) -> None:
    app.command("help", epilog=EPILOG, rich_help_panel=PANEL)(help_)


def help_(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            show_default="all commands and topics",
            help="A command or a topic.",
            autocompletion=completion.helped,
        ),
    ] = None,
) -> None:
    """Show the help of a command, or a page on exit codes, variables, dates, formats or the home."""
    from growthos import render, topics
    from growthos.catalog import Entry

    if not names:
        typer.echo(context.find_root().get_help())
        render.entry(Entry("topic", "topics", topics.listed()))
    elif len(names) == 1 and names[0] in topics.TOPICS:
        render.entry(Entry("topic", names[0], topics.TOPICS[names[0]].page()))
    else:
        typer.echo(_found(context.find_root(), names).get_help())


def _found(parent: "Context", names: "Sequence[str]") -> "Context":
    """The command of these names, one below the other; UsageError with the nearest where there is none."""
    from difflib import get_close_matches

    from growthos.topics import TOPICS

    for name in names:
        commands = completion.commands_of(parent)
        if name not in commands:
            near = get_close_matches(name.lower(), [*commands, *TOPICS], 1)
            raise UsageError(
                f"There is no command or topic {name!r}.{f' Did you mean {near[0]}?' if near else ''}",
                hint=f"Topics are {', '.join(TOPICS)}. For a KPI, alert, check or source: `growthos explain {name}`.",
            )
        group: Any = parent.command
        _, command, _ = group.resolve_command(parent, [name])
        parent = typer.Context(command, info_name=name, parent=parent)
    return parent

"""What a shell may complete beside commands and options: the names and words that an argument or option takes.

Each function is given what stands there so far and gives what may stand there, with a few words on it where a shell
shows them. Nothing is asked of a source or a database: a key was pressed, and the answer must be there at once. Of a
home's own KPIs and rules the names are enough, so its growthos.toml is only parsed; what is wrong with it is told when
a command runs.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from typer._click import Command, Context

Choices = list[tuple[str, str]]


def kpis(ctx: typer.Context, incomplete: str) -> Choices:
    """Names of KPIs, a home's own too."""
    from growthos.kpis import KPIS

    return _matching(incomplete, {**_own(ctx, "kpis"), **{name: kpi.label for name, kpi in KPIS.items()}})


def entries(ctx: typer.Context, incomplete: str) -> Choices:
    """Everything that `explain` knows."""
    from growthos import catalog

    return _matching(incomplete, {**_own(ctx, "kpis"), **_own(ctx, "rules"), **catalog.names()})


def sources(incomplete: str) -> Choices:
    """Names of sources."""
    from growthos import connectors

    return _matching(incomplete, {name: source.title for name, source in connectors.find().items()})


def rules(ctx: typer.Context, incomplete: str) -> Choices:
    """Names of alert rules, a home's own too."""
    from growthos.alerts import RULES

    return _matching(incomplete, {**_own(ctx, "rules"), **{name: rule.label for name, rule in RULES.items()}})


def targets(incomplete: str) -> Choices:
    """Names of what people can be told through."""
    from growthos.notify import TARGETS

    return _matching(incomplete, {name: target.title for name, target in TARGETS.items()})


def settings(incomplete: str) -> Choices:
    """Names of settings, and of the tables that they stand in."""
    from growthos.settings.in_force import known, tables

    names = known()
    return _matching(incomplete, {**dict.fromkeys(tables(names), ""), **names})


def sign_ins(incomplete: str) -> Choices:
    """Names of sources that are signed in to in a browser."""
    from growthos import connectors

    return _matching(incomplete, {name: one.title for name, one in connectors.find().items() if one.scopes})


def commands_of(context: "Context") -> "Mapping[str, Command]":
    """The commands below one, by name; a command that is no group has none."""
    return getattr(context.command, "commands", {})


def helped(ctx: typer.Context, incomplete: str) -> Choices:
    """What `help` has a page on: commands and topics."""
    from growthos.topics import TOPICS

    commands = {name: command.get_short_help_str() for name, command in commands_of(ctx.find_root()).items()}
    return _matching(incomplete, {**commands, **{name: topic.title for name, topic in TOPICS.items()}})


def days(incomplete: str) -> Choices:
    """Words for a day; a date is nobody's to guess."""
    return _matching(
        incomplete,
        {
            "7d": "the last 7 complete days",
            "28d": "the last 28",
            "90d": "the last 90",
            "yesterday": "one day",
            "mtd": "this month so far",
            "last-month": "the whole of it",
        },
    )


def last_days(incomplete: str) -> Choices:
    """Words for the day on which a window ends."""
    return _matching(incomplete, {"yesterday": "one day", "last-month": "its last day"})


def words(choices: Sequence[str]) -> Callable[[str], Choices]:
    """Completes what an option takes where that is one of a few words."""

    def complete(incomplete: str) -> Choices:
        return _matching(incomplete, dict.fromkeys(choices, ""))

    return complete


def _own(context: "Context", table: str) -> dict[str, str]:
    """What a table of the home's growthos.toml names; nothing where the file cannot be read.

    No labels: a shell evaluates what it is given, and the file may be somebody else's.
    """
    import tomllib

    from growthos.cli.session import choose_home
    from growthos.errors import GrowthError

    options = context.find_root().params
    try:
        settings = choose_home(options.get("home")).settings
        text = settings.read_text("utf-8-sig") if settings.is_file() and not options.get("demo") else ""
        found = tomllib.loads(text).get(table)
    except (OSError, ValueError, RecursionError, GrowthError):
        return {}
    return {name: "" for name in found if name.isidentifier()} if isinstance(found, dict) else {}


def _matching(incomplete: str, known: Mapping[str, str]) -> Choices:
    return [(name, about) for name, about in known.items() if name.startswith(incomplete.lower())]

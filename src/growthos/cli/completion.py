"""What a shell may complete beside commands and options: the names and words that an argument or option takes.

Each function is given what stands there so far and gives what may stand there, with a few words on it where a shell
shows them. Nothing is asked of a source or a database: a key was pressed, and the answer must be there at once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from typer._click import Command, Context

Choices = list[tuple[str, str]]


def kpis(incomplete: str) -> Choices:
    """Names of KPIs."""
    from growthos.kpis import KPIS

    return _matching(incomplete, {name: kpi.label for name, kpi in KPIS.items()})


def entries(incomplete: str) -> Choices:
    """Everything that `explain` knows."""
    from growthos import catalog

    return _matching(incomplete, catalog.names())


def sources(incomplete: str) -> Choices:
    """Names of sources."""
    from growthos import connectors

    return _matching(incomplete, {name: source.title for name, source in connectors.find().items()})


def rules(incomplete: str) -> Choices:
    """Names of alert rules."""
    from growthos.alerts import RULES

    return _matching(incomplete, {name: rule.label for name, rule in RULES.items()})


def targets(incomplete: str) -> Choices:
    """Names of what people can be told through."""
    from growthos.notify import TARGETS

    return _matching(incomplete, {name: target.title for name, target in TARGETS.items()})


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


def _matching(incomplete: str, known: Mapping[str, str]) -> Choices:
    return [(name, about) for name, about in known.items() if name.startswith(incomplete.lower())]

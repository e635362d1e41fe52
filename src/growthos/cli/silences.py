"""The commands below `alerts` that hold alerts back: silence, silences, unsilence."""

from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli import completion
from growthos.cli.options import FormatOption, OutputOption, form
from growthos.cli.session import Session
from growthos.errors import NoDataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

SILENCE_EPILOG = """
[bold]Examples[/bold]

growthos alerts silence revenue_drop --until 2026-04-06 --reason "Easter"
growthos alerts silence roas_below_one:meta --until 3d --reason "it learns"
growthos alerts silence "*:google" --until 12h --reason "billing" --author ann
"""
SILENCES_EPILOG = """
[bold]Examples[/bold]

growthos alerts silences               those that hold
growthos alerts silences --all         also those that are over, for 90 days
"""
UNSILENCE_EPILOG = """
[bold]Examples[/bold]

growthos alerts unsilence 3fa4c2d1     that silence is over
growthos alerts unsilence 3f           its id, as far as it takes
"""


def add(group: typer.Typer) -> None:
    group.command(epilog=SILENCE_EPILOG)(silence)
    group.command(epilog=SILENCES_EPILOG)(silences)
    group.command(epilog=UNSILENCE_EPILOG)(unsilence)


def silence(
    context: typer.Context,
    matcher: Annotated[
        str,
        typer.Argument(
            metavar="ALERT",
            help="A rule, one scope of it as RULE:SCOPE, or * for any piece of these.",
            autocompletion=completion.rules,
        ),
    ],
    *,
    until: Annotated[
        str,
        typer.Option("--until", metavar="WHEN", help="To the end of a day, 2026-04-06, or for so long: 12h, 3d."),
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for who wonders about it later.")],
    author: Annotated[
        str | None, typer.Option("--author", metavar="NAME", help="Who wants it.", show_default="this user")
    ] = None,
) -> None:
    """Tell nobody of some alerts until a day, or for a while; `alerts` shows them all the same."""
    from zoneinfo import ZoneInfo

    from growthos import alert_book, render
    from growthos import silences as kept

    session: Session = context.obj
    now, zone = session.clock.now(), session.settings.reporting_timezone
    new = kept.begun(matcher, until, reason, _author(author), session.rules, _paid(session), zone, now)
    home, firing = session.kept, [] if session.quiet else _firing(session)
    with alert_book.held(home) as pen:
        pen.write(pen.book.model_copy(update={"silences": (*pen.book.silences, new)}), now)
    if not session.quiet:
        held = len(kept.listed([new], firing, zone, now).silences[0].matches)
        now_held = f"{held} {'is' if held == 1 else 'are'}" if held else "nothing is"
        render.remark(
            f"Nobody is told of {new.matcher} until {new.until.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone}): of"
            f" what fires now {now_held} held back. `growthos alerts unsilence {new.id}`"
            " ends it."
        )


def silences(
    context: typer.Context,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over, for 90 days.")] = False,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show who silenced which alerts, until when and why, and which of these fire now."""
    from growthos import alert_book, render
    from growthos import silences as kept

    session: Session = context.obj
    style = form(format_)
    now, zone = session.clock.now(), session.settings.reporting_timezone
    found = alert_book.read(session.kept).silences
    render.silences(kept.listed(found, _firing(session), zone, now, every=all_), style, output)


def unsilence(
    context: typer.Context,
    id_: Annotated[str, typer.Argument(metavar="ID", help="The silence, or how its id begins.")],
) -> None:
    """End a silence."""
    from growthos import alert_book, render
    from growthos import silences as kept

    session: Session = context.obj
    now = session.clock.now()
    with alert_book.held(session.kept) as pen:
        old = kept.chosen(pen.book.silences, id_, now)
        ended = (one.model_copy(update={"until": now}) if one == old else one for one in pen.book.silences)
        pen.write(pen.book.model_copy(update={"silences": tuple(ended)}), now)
    if not session.quiet:
        render.remark(f"{old.matcher} is told of again.")


def _paid(session: Session) -> "Collection[str] | None":
    """The channels that are advertised on; None where nothing was ever published."""
    from growthos import measures

    try:
        with session.published() as con:
            return measures.about(con).paid
    except NoDataError:
        return None


def _firing(session: Session) -> "Collection[str]":
    """The alerts that fire now, by fingerprint; none where nothing was ever published."""
    from growthos import alerts, measures

    try:
        with session.published() as con:
            end = measures.about(con).last_day()
            said = alerts.evaluate_days(con, [end], session.settings.alerts, session.rules.values())
    except NoDataError:
        return []
    return [one.fingerprint for one in said[end] if one.firing]


def _author(given: str | None) -> str:
    """The name that was given, else the user's on this machine."""
    import getpass

    if given is not None and given.strip():
        return given
    try:
        return getpass.getuser() if given is None else ""
    except (OSError, KeyError):
        raise UsageError("This user has no name on this machine.", hint="Say with --author who wants it.") from None

"""The command that lets a home's sync and alerts run by themselves: schedule."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli.options import FormatOption, OutputOption, form
from growthos.cli.session import Session
from growthos.errors import CannotWriteError, NoDataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from growthos.schedule import Part, Schedule

PANEL = "Set up"
EPILOG = """
[bold]What cron mails[/bold]

What a command says, whatever its exit code.
All is well (0): nothing.
A source failed (3), or more than that: what was read, why, and what to do.
An alert begins to fire, or has ended: what it is and what to do, once.

[bold]Examples[/bold]

growthos schedule                      for cron and for systemd, to look at
growthos schedule --install            into the crontab, else to systemd
growthos schedule --at 06:30 --every 12h --systemd
growthos schedule --install --yes      in a script, where nobody can be asked
growthos schedule --remove             take it away again
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(schedule)


def schedule(  # noqa: PLR0913 - all of them are options
    context: typer.Context,
    *,
    every: Annotated[
        str | None, typer.Option("--every", metavar="HOURS", show_default="24h", help="How often: 1h, 6h, 12h.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="HH:MM",
            show_default="hours after the day has ended in the reporting time zone",
            help="When, by the clock of this machine.",
        ),
    ] = None,
    cron: Annotated[bool, typer.Option("--cron", help="For cron alone.")] = False,
    systemd: Annotated[bool, typer.Option("--systemd", help="For systemd alone.")] = False,
    install: Annotated[bool, typer.Option("--install", help="Show what is written, ask, and write it.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Show what goes, ask, and take it away.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking; in a script nobody can be asked.")] = False,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show how cron or systemd runs this home's sync and alerts, and with --install let them.

    It runs this very growthos on this home, hours after the day has ended, at a minute of the home's own.
    """
    from growthos import render

    session: Session = context.obj
    style = form(format_)
    if install and remove:
        raise UsageError("--install and --remove do not go together.", hint="Choose one of them.")
    if yes and not (install or remove):
        raise UsageError("--yes goes with --install or --remove alone.", hint="Add one of them, or leave --yes out.")
    if (install or remove) and (style != "table" or output is not None):
        raise UsageError("--format and -o show and change nothing.", hint="Leave out --install or --remove.")
    if remove and (every, at) != (None, None):
        raise UsageError("--remove takes it away whenever it runs.", hint="Leave out --every and --at.")
    kinds = tuple(name for name, asked in (("cron", cron), ("systemd", systemd)) if asked)
    if install:
        _install(session, _read(session, every, at, _one_of(kinds)), yes=yes)
    elif remove:
        _remove(session, kinds, yes=yes)
    else:
        render.schedule(_read(session, every, at, kinds or ("cron", "systemd")), style, output)


def _read(session: Session, every: str | None, at: str | None, kinds: tuple[str, ...]) -> "Schedule":
    """When this home's sync and alerts run."""
    from zoneinfo import ZoneInfo

    from growthos import schedule as plan
    from growthos import timers, zones

    if not session.base.root.is_dir():
        raise NoDataError(
            f"There is no home at {session.base.root}.",
            hint="Make the folder and connect a source (`growthos init`), or choose another with --home.",
        )
    reporting, machine = ZoneInfo(session.settings.reporting_timezone), zones.machine()
    today = session.clock.now().astimezone(machine).date()
    return plan.Schedule(
        home=session.home,
        commands=plan.commands(plan.program(), session.base.root, session.environ, demo=session.demo),
        times=plan.times(session.home, every, at, reporting, machine, today),
        machine=machine.key,
        reporting=reporting.key,
        asked=at is not None,
        units=timers.folder(),
        kinds=kinds,
        warnings=tuple(_warnings(session)),
    )


def _warnings(session: Session) -> "Iterator[str]":
    """Why a sync that works here may not work there."""
    from growthos import settings

    if session.demo:
        return
    if not settings.connected(session.settings):
        yield "No source is connected, so the sync would fail: `growthos connections` shows what each needs."
    kept = {name for names in settings.whence(session.home, {}).values() for name in names}
    here = {name for names in settings.whence(session.home, session.environ).values() for name in names}
    if alone := sorted(here - kept):
        yield (
            f"Set in this shell alone, which cron and systemd do not see: {', '.join(alone)}."
            f" Put them into {session.home.env}, and close that to others with `chmod 600`."
        )


def _one_of(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Where to install: one place, for in two it would run twice."""
    from growthos import crontab, programs, timers

    if len(kinds) > 1:
        raise UsageError("In both places it would run twice.", hint="Choose --cron or --systemd.")
    if kinds:
        return kinds
    there = (("cron", crontab.PROGRAM), ("systemd", timers.PROGRAM))
    found = next((name for name, program in there if programs.is_there(program)), None)
    if found is None:
        raise CannotWriteError(
            "There is neither `crontab` nor `systemctl` on this machine.",
            hint="Have something else run the command that `growthos schedule` shows.",
        )
    return (found,)


def _install(session: Session, found: "Schedule", *, yes: bool) -> None:
    from growthos import crontab, render, timers
    from growthos import schedule as plan

    if found.kinds == ("cron",):
        old, lines, mark = crontab.read(), plan.crontab(found), plan.mark(found.home)
        new = crontab.exchanged(old, mark, lines)
        if new == old:
            render.remark("These lines are in the crontab already; nothing was changed.")
            return
        if not _agreed(found.parts, "Write these lines into the crontab?", yes=yes):
            return
        crontab.write(new)
        done = "These lines are in the crontab; all others are as they were."
    else:
        if not _agreed(found.parts, "Write these files, and start the timer?", yes=yes):
            return
        started = timers.install(found.parts)
        done = (
            "The timer runs." if started else "The files are written; there is no `systemctl` to start the timer with."
        )
    render.schedule_warnings(found)
    if not session.quiet:
        render.remark(f"{done} `growthos runs` shows what came of it.")


def _remove(session: Session, kinds: tuple[str, ...], *, yes: bool) -> None:
    """What is there, in the places that were named, else in both."""
    from growthos import crontab, programs, render, timers
    from growthos import schedule as plan

    mark, parts = plan.mark(session.home), list["Part"]()
    old = crontab.read() if "cron" in kinds or (not kinds and programs.is_there(crontab.PROGRAM)) else b""
    if lines := crontab.marked(old, mark):
        parts.append(plan.Part("crontab", b"\n".join(lines).decode(errors="replace")))
    units = timers.there(plan.places(session.home, timers.folder())) if "systemd" in kinds or not kinds else ()
    parts += units
    if not parts:
        render.remark(f"Nothing runs for {session.home.root} by itself; nothing was changed.")
        return
    if not _agreed(tuple(parts), "Take this away?", yes=yes):
        return
    if lines:
        crontab.write(crontab.exchanged(old, mark, ()))
    if units:
        timers.remove(units)
    if not session.quiet:
        render.remark("It is gone, and nothing else has changed.")


def _agreed(parts: "tuple[Part, ...]", question: str, *, yes: bool) -> bool:
    """Show it, and ask where somebody sits there; UsageError where nobody does and --yes was not said."""
    from growthos import render

    render.parts(parts)
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("Nothing was changed, for nobody can be asked here.", hint="Add --yes to have it done.")
    try:
        if typer.confirm(question, err=True):
            return True
    except typer.Abort:
        typer.echo(err=True)
    render.remark("Nothing was changed.")
    return False

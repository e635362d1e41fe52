"""The command below `alerts` that tells people of them: notify."""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli import completion
from growthos.cli.options import UntilOption
from growthos.cli.session import Session
from growthos.errors import ExitCode, NoDataError, SettingsError, UsageError

if TYPE_CHECKING:
    from growthos.alert_report import AlertReport
    from growthos.messages import Message
    from growthos.notify import Delivery, Writer
    from growthos.notify.targets import Target

EPILOG = """
[bold]Examples[/bold]

growthos -q alerts notify              what is new, once: for cron
growthos alerts notify --test          does a message reach each target?
growthos alerts notify --test --to slack
growthos alerts notify --dry-run       what would be sent, unsent
growthos --demo alerts notify          what the demo's cron would mail
"""


def add(group: typer.Typer) -> None:
    group.command(epilog=EPILOG)(notify)


def notify(
    context: typer.Context,
    *,
    until: UntilOption = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="TARGET",
            show_default="all that are set",
            help="With --test or --dry-run: only this one, slack, teams, webhook, ntfy or email; may be repeated.",
            autocompletion=completion.targets,
        ),
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="Send a test message, whether or not an alert fires; nothing counts as told.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be sent to each target; nothing counts as told.")
    ] = False,
) -> None:
    """Tell of alerts that begin to fire, of those that still do after a while, and of those that have ended.

    All of it is one message to each target that is set; where none is, it is printed. Each alert is told once.
    A critical one that goes on firing is told again after a day, others after a week.
    Exit 3 if some target does not take it, 69 if none does: then it is printed, and told again by the next run.
    """
    from growthos import alert_book, render, telling
    from growthos.cli import watch
    from growthos.render import message_page

    session: Session = context.obj
    if to and not (test or dry_run):
        raise UsageError("--to goes with --test or --dry-run.", hint="Alerts are told to every target that is set.")
    if test:
        _test(session, to or [], dry_run=dry_run)
        return
    now = session.clock.now()
    with alert_book.held(session.kept) as pen:
        report = watch.read(session, until, untold=session.quiet, book=pen.book)
        _check(report)
        due = telling.due(report, pen.book, session.settings.alerts.repeats, now)
        if not due:
            if not session.quiet:
                render.remark("There is nothing to tell that was not told before.")
            return
        message = message_page.message(report, due, session.home.root.name, session.rules)
        if dry_run:
            _show(session, to or [], _writer(message))
            return
        code = tell(session, message)
        if code != ExitCode.UNAVAILABLE:
            pen.write(telling.told(pen.book, report, due, now), now)
    raise typer.Exit(code)


def _check(report: "AlertReport") -> None:
    """NoDataError where the week ends after the last day that is complete: what is missing there would seem an end."""
    through, last = report.data_through, report.window.last
    if through is None or last > through:
        why = f"not every source is complete after {through}" if through else "no day is complete for every source yet"
        raise NoDataError(
            f"Nobody is told of {last}: {why}.",
            hint="Run `growthos sync`, or leave --until out.",
        )


def tell(session: Session, message: "Message") -> ExitCode:
    """Send it to every target; print it where there is none, so that cron mails it, and where none took it."""
    from growthos import notify as told
    from growthos import render
    from growthos.render import delivery_page, output

    targets = told.chosen(session.settings)
    found = _send(session, targets, _writer(message)) if targets else ()
    code = told.exit_code(found)
    if not targets or not session.quiet or code == ExitCode.UNAVAILABLE:
        render.message(message)
    output.say(delivery_page.notes(found, quiet=session.quiet))
    return code


def _writer(message: "Message") -> "Writer":
    from growthos.notify import letters

    return lambda target: letters.of_message(message, target.least)


def _test(session: Session, names: Sequence[str], *, dry_run: bool) -> None:
    """A message that says of itself that it is a test. The demo sends nothing to anybody."""
    from growthos import notify as told
    from growthos.notify import letters
    from growthos.render import delivery_page, output

    letter = letters.of_test(session.home.root.name, session.clock.now())
    if session.demo or dry_run:
        _show(session, names, lambda _: letter)
        return
    found = _send(session, _set(session, names), lambda _: letter)
    output.show(delivery_page.page(found))
    raise typer.Exit(told.exit_code(found))


def _show(session: Session, names: Sequence[str], write: "Writer") -> None:
    from growthos import notify as told
    from growthos import render
    from growthos.render import delivery_page, output

    if session.demo:
        render.remark("The demo tells nobody. This is what would be sent, were each target set.")
    targets = told.examples(names) if session.demo else _set(session, names)
    output.show(delivery_page.previews(told.previews(write, targets)))


def _set(session: Session, names: Sequence[str]) -> "tuple[Target, ...]":
    from growthos import notify as told

    targets = told.chosen(session.settings, names)
    if not targets:
        needed = "\n".join(f"  {name}: {', '.join(one.missing({}))}" for name, one in told.TARGETS.items())
        raise SettingsError(
            f"Nobody is told: no target is set. Each needs its settings:\n{needed}",
            hint=f"Set them in the environment, or in .env or growthos.toml of the home, which is {session.home.root}.",
        )
    return targets


def _send(session: Session, targets: "Sequence[Target]", write: "Writer") -> "tuple[Delivery, ...]":
    from growthos import folders
    from growthos import notify as told
    from growthos.log import Log

    folders.check(session.home)
    folders.make_home(session.home)
    with closing(Log(session.home.logs, "notify")) as log:
        return told.send(write, targets, session.clock, lambda call: log.call(session.clock.now(), call))

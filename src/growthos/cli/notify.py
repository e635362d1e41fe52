"""The command below `alerts` that tells people of them: notify."""

from typing import TYPE_CHECKING

import typer

from growthos.cli.options import UntilOption
from growthos.cli.session import Session

if TYPE_CHECKING:
    from growthos.messages import Message

EPILOG = """
[bold]Examples[/bold]

growthos -q alerts notify              what is new, once; says nothing else: for cron
growthos --demo alerts notify          what the demo shop's cron would mail
"""


def add(group: typer.Typer) -> None:
    group.command(epilog=EPILOG)(notify)


def notify(context: typer.Context, *, until: UntilOption = None) -> None:
    """Tell of alerts that begin to fire, of those that still do after a while, and of those that have ended.

    All of it is one message. It is told once, whoever runs this and how often: a critical alert that goes on firing is
    told again after a day, others after a week.
    """
    from growthos import alert_book, render, telling
    from growthos.cli import watch
    from growthos.render import message_page

    session: Session = context.obj
    now = session.clock.now()
    with alert_book.held(session.kept) as pen:
        report = watch.read(session, until, untold=session.quiet, book=pen.book)
        due = telling.due(report, pen.book, session.settings.alerts.repeats, now)
        if due:
            tell(message_page.message(report, due, session.home.root.name))
            pen.write(telling.told(pen.book, report, due, now), now)
        elif not session.quiet:
            render.remark("There is nothing to tell that was not told before.")


def tell(message: "Message") -> None:
    """Print it, so that cron mails it."""
    from growthos import render

    render.message(message)

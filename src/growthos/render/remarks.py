"""What is said on stderr, beside the data: how a run goes, what it came to, what was written, what to do next."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from growthos.exports import Exported
    from growthos.last_build import LastBuild
    from growthos.outcome import SyncReport
    from growthos.pipeline import Watcher
    from growthos.render.pages import Tone
    from growthos.schedule import Schedule
    from growthos.settings import Settings


def remark(text: str, tone: "Tone" = "") -> None:
    """On stderr: what was done, or was not."""
    from growthos.render.output import say
    from growthos.render.pages import Note

    say((Note(text, tone),))


def asking() -> None:
    """On stderr, where somebody looks on: sources are being asked."""
    import sys

    if sys.stderr.isatty():
        remark("Asking the sources; one that does not answer takes a minute or two.", "dim")


def progress(
    monotonic: Callable[[], float], *, waits: bool = True, quiet: bool = False
) -> "AbstractContextManager[Watcher]":
    """On stderr, while a sync runs: a live line per source, or a plain one when it ends where nobody looks on.

    `waits`: whether somebody really has to wait when a source says so; in the demo nobody does.
    """
    from growthos.render import progress_lines as view

    return view.progress(monotonic, waits=waits, quiet=quiet)


def sync_summary(report: "SyncReport", settings: "Settings", *, demo: bool = False, quiet: bool = False) -> None:
    """On stderr: what a sync or rebuild came to, and what to do next. Quiet: only where something failed."""
    from growthos.render import sync_page as view
    from growthos.render.output import say

    say(view.page(report, settings, demo=demo, quiet=quiet))


def next_step(report: "SyncReport", *, demo: bool = False) -> None:
    """On stderr: the command that a person is likely to want now."""
    from growthos.render import sync_page as view
    from growthos.render.output import say

    say(view.next_step(report, demo=demo))


def banner(last: "LastBuild", shown: "LastBuild", now: datetime) -> None:
    """On stderr: the last build failed, and how old the numbers are that are shown in its place."""
    from growthos.render import check_page as view
    from growthos.render.output import say

    say(view.banner(last, shown, now))


def exported(found: "Exported") -> None:
    """On stderr: what an export wrote, and where."""
    from growthos.wording import count, size

    tables_ = "1 table" if found.tables == 1 else f"{found.tables} tables"
    remark(f"{tables_}, {count(found.rows)} rows, {size(found.bytes)} in {found.place}", "good")


def schedule_warnings(found: "Schedule") -> None:
    """On stderr: why what is scheduled may not work as it stands."""
    from growthos.render import schedule_page as view
    from growthos.render.output import say

    say(view.warnings(found))

"""How a sync goes on, on stderr: a live line for each source where somebody looks on, else a plain one at its end."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from growthos.pipeline import Watcher
from growthos.render.output import say
from growthos.render.pages import Note
from growthos.render.text import clean

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from growthos.sync import SourceReport

LONG_WAIT = 60
NAMES = 12


@contextmanager
def progress(monotonic: Callable[[], float], *, waits: bool = True, quiet: bool = False) -> Iterator[Watcher]:
    """A watcher for one sync."""
    if quiet:
        yield Watcher()
    elif sys.stderr.isatty():
        with _bars() as bars:
            live = _Live(bars, waits=waits)
            yield live.watcher()
            live.built()
    else:
        yield _Plain(monotonic, waits=waits).watcher()


def _bars() -> "Progress":
    from rich.progress import Progress, SpinnerColumn, TextColumn

    from growthos.render.screen import console_for

    return Progress(
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[said]}"),
        console=console_for(sys.stderr),
        refresh_per_second=8,
    )


@dataclass
class _Live:
    bars: "Progress"
    waits: bool = True
    tasks: "dict[str, TaskID]" = field(default_factory=dict)

    def watcher(self) -> Watcher:
        return Watcher(
            started=self.started,
            page=self.page,
            waiting=self.waiting,
            notice=self.notice,
            finished=self.finished,
            building=self.building,
        )

    def started(self, source: str) -> None:
        self.tasks[source] = self.bars.add_task(clean(source), total=None, said="asking")

    def page(self, source: str, stream: str, pages: int, records: int) -> None:
        elapsed = next((task.elapsed for task in self.bars.tasks if task.id == self.tasks[source]), None)
        rate = _rate(records, elapsed or 0)
        self._say(source, _counts(pages, records), rate, f", {clean(stream)}")

    def waiting(self, source: str, seconds: float, reason: str) -> None:
        if self.waits:
            self._say(source, f"waiting {seconds:.0f} s", f": {clean(reason)}")

    def notice(self, source: str, code: str, message: str) -> None:
        self.bars.console.print(f"{source}: {clean(message)}", markup=False, style="yellow")

    def finished(self, report: "SourceReport") -> None:
        task = next(one for one in self.bars.tasks if one.id == self.tasks[report.name])
        self._say(report.name, *_ended(report, task.elapsed or 0))
        self.bars.update(task.id, total=1, completed=1)

    def building(self) -> None:
        self.tasks["build"] = self.bars.add_task("build", total=None, said="tables and checks")

    def built(self) -> None:
        if "build" in self.tasks:
            self._say("build", "done")
            self.bars.update(self.tasks["build"], total=1, completed=1)

    def _say(self, source: str, *parts: str) -> None:
        """As many of the parts, in order, as the line has room for: what is shown is whole."""
        from rich.cells import cell_len
        from rich.markup import escape

        room = self.bars.console.width - max(NAMES, *(len(name) for name in self.tasks)) - len("⠋  ")
        said = parts[0]
        for part in parts[1:]:
            if cell_len(said + part) > room:
                break
            said += part
        self.bars.update(self.tasks[source], said=escape(said))


@dataclass
class _Plain:
    monotonic: Callable[[], float]
    waits: bool = True
    begun: dict[str, float] = field(default_factory=dict)

    def watcher(self) -> Watcher:
        return Watcher(started=self.started, waiting=self.waiting, notice=self.notice, finished=self.finished)

    def started(self, source: str) -> None:
        self.begun[source] = self.monotonic()

    def waiting(self, source: str, seconds: float, reason: str) -> None:
        if self.waits and seconds > LONG_WAIT:
            say((Note(f"{source}: {_wait(seconds, reason)}"),))

    def notice(self, source: str, code: str, message: str) -> None:
        say((Note(f"{source}: {clean(message)}"),))

    def finished(self, report: "SourceReport") -> None:
        seconds = self.monotonic() - self.begun[report.name]
        say((Note(f"{report.name}: {''.join(_ended(report, seconds))}"),))


def _ended(report: "SourceReport", seconds: float) -> tuple[str, ...]:
    """How a source's reading came out, the parts that count first."""
    if report.errors:
        return ("stopped" if report.cut_off else "failed", f" after {_counts(report.pages, report.records)}")
    if not report.pages:
        return ("nothing new",)
    return (_counts(report.pages, report.records), f", {seconds:.1f} s", _rate(report.records, seconds))


def _counts(pages: int, records: int) -> str:
    return f"{pages:,} {'page' if pages == 1 else 'pages'}, {records:,} {'record' if records == 1 else 'records'}"


def _rate(records: int, seconds: float) -> str:
    return f", {records / seconds:,.0f} a second" if seconds > 0 and records else ""


def _wait(seconds: float, reason: str) -> str:
    return f"waiting {seconds:.0f} s: {clean(reason)}"

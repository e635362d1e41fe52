"""When a home's sync and alerts run by themselves: a line of a crontab, and a service with its timer for systemd.

Both run the same words of a shell, which name everything by its whole path: whoever runs them knows neither this
folder nor this environment. The alerts come after the sync, whatever came of it: nobody is told anything twice, and
what was not told before is told however far the numbers reach.
"""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from growthos.errors import UsageError
from growthos.home import Home

HOURS_AFTER: Final = 4
"""For so long a day has been over when it is read: platforms go on counting it for a while."""
DAY_HOURS, HOUR_MINUTES, YEAR_DAYS = 24, 60, 366
EVERY = re.compile(r"([1-9][0-9]?)h")
AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Part:
    """A text and where it belongs: the user's crontab, or a file."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """When `commands` run for a home: at `times`, by the clock of this machine, whose zone is `machine`.

    They run one after the other, whatever came of the one before. The other times follow the first in equal steps.
    `asked` is whether somebody chose the time. `units` is the folder of the user's own systemd units, and `kinds` what
    is wanted: cron, systemd or both. `warnings` say why it may not work as it stands.
    """

    home: Home
    commands: tuple[str, ...]
    times: tuple[time, ...]
    machine: str
    reporting: str
    asked: bool
    units: Path
    kinds: tuple[str, ...] = ("cron", "systemd")
    warnings: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """All of them, in the words of a shell."""
        return "; ".join(self.commands)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is to be written, and where."""
        parts: list[Part] = []
        if "cron" in self.kinds:
            parts.append(Part("crontab", "".join(f"{line}\n" for line in crontab(self))))
        if "systemd" in self.kinds:
            once, clock = places(self.home, self.units)
            parts += [Part(str(once), service(self)), Part(str(clock), timer(self))]
        return tuple(parts)

    def as_json(self) -> dict[str, Any]:
        """The structure of `schedule --format json`."""
        return {
            "schema_version": 1,
            "home": str(self.home.root),
            "command": self.command,
            "times": [f"{one:%H:%M}" for one in sorted(self.times)],
            "timezone": self.machine,
            "reporting_timezone": self.reporting,
            "parts": [{"place": one.place, "text": one.text} for one in self.parts],
            "warnings": list(self.warnings),
        }


def crontab(schedule: Schedule) -> tuple[str, ...]:
    """The lines of a crontab, each with the mark of the home at its end."""
    said = (
        *_why(schedule),
        "Cron mails what is said: nothing while all is well, else what failed and what to do, and alerts, each once.",
    )
    minute, hours = schedule.times[0].minute, _hours(schedule.times)
    # Of what the shell is told here, cron itself reads nothing but the percent sign.
    line = f"{minute} {hours} * * * {schedule.command}".replace("%", r"\%")
    return tuple(f"{one} {mark(schedule.home)}" for one in (*(f"# {text}" for text in said), line))


def service(schedule: Schedule) -> str:
    """The unit that runs once, whenever its timer says so."""
    # The code of the last one that failed, so that systemd knows of it.
    words = "; ".join([*(f"{one} || failed=$?" for one in schedule.commands), "exit $failed"])
    escaped = words.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%").replace("$", "$$")
    return (
        f"# What it says stands in `journalctl --user -u {unit(schedule.home)}`: nothing while all is well.\n"
        "[Unit]\n"
        f"Description=growthos in {_specifiers(schedule.home)}: sync, then alerts\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        f'ExecStart=/bin/sh -c "{escaped}"\n'
    )


def timer(schedule: Schedule) -> str:
    """The unit that starts it. One that was missed, as the machine was off, is made up for."""
    why = "".join(f"# {line}\n" for line in _why(schedule))
    return (
        f"{why}"
        "# While nobody is logged in it runs only after `loginctl enable-linger`.\n"
        "[Unit]\n"
        f"Description=growthos in {_specifiers(schedule.home)}, by the clock\n"
        "\n"
        "[Timer]\n"
        f"OnCalendar=*-*-* {_hours(schedule.times)}:{schedule.times[0]:%M}:00\n"
        "Persistent=true\n"
        "\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )


def mark(home: Home) -> str:
    """What stands at the end of each line that is ours, and of this home: a comment for the shell."""
    return f"# growthos-{_digest(home)[:8]}"


def unit(home: Home) -> str:
    """The name of a home's units, readable in a list of them and no other home's."""
    name = re.sub(r"[^a-z0-9]+", "-", home.root.name.lower())[:LONGEST_NAME].strip("-")
    return "-".join(part for part in ("growthos", name, _digest(home)[:8]) if part)


def places(home: Home, units: Path) -> tuple[Path, Path]:
    """The files of a home's service and timer in the folder of the user's units."""
    return units / f"{unit(home)}.service", units / f"{unit(home)}.timer"


def program() -> tuple[str, ...]:
    """The words that start this very growthos from anywhere: its own file, else the interpreter that runs it."""
    if getattr(sys, "frozen", False):  # one file without Python: what it was started from, under any name
        return (sys.argv[0],)
    own = shutil.which(sys.argv[0]) if Path(sys.argv[0]).name.startswith("growthos") else None
    return (str(Path(own).absolute()),) if own else (sys.executable, "-P", "-m", "growthos")


def commands(program: Sequence[str], base: Path, environ: Mapping[str, str], *, demo: bool) -> tuple[str, ...]:
    """Sync and alerts in the words of a shell, one after the other; UsageError where a path cannot be written down.

    Where the program is found by PYTHONPATH alone, that is set, for cron does not know it.
    """
    given = (*program, "--home", str(base), *(["--demo"] if demo else []), "-q")
    path = os.pathsep.join(str(Path(one).absolute()) for one in environ.get("PYTHONPATH", "").split(os.pathsep) if one)
    for text in (*given, path):
        if not text.isprintable():
            raise UsageError(
                f"{text!r} holds a character that stands in no crontab.",
                hint="Give the folder a name without line breaks and the like, and run the same command again.",
            )
    begin = f"export PYTHONPATH={_quoted(path)}; " if path else ""
    sync, alerts = (" ".join(map(_quoted, (*given, *rest))) for rest in (["sync"], ["alerts", "notify"]))
    return f"{begin}{sync}", alerts


def times(
    home: Home, every: str | None, at: str | None, reporting: ZoneInfo, machine: ZoneInfo, today: date
) -> tuple[time, ...]:
    """The times of a day, by the clock of this machine; UsageError where `every` or `at` is none.

    Unless `at` is given, the first is one at which the day before has been over for hours in the reporting zone, on
    every day of the year that begins today. Its minute comes of the home: many homes do not begin all at once.
    """
    found = EVERY.fullmatch("24h" if every is None else every)
    step = int(found[1]) if found else 0
    if not step or DAY_HOURS % step:
        raise UsageError(
            f"--every {every!r} does not divide a day evenly.", hint="Write 1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h."
        )
    if at is not None and not AT.fullmatch(at):
        raise UsageError(f"--at {at!r} is no time.", hint="Write it as 06:30, by the clock of this machine.")
    first = time.fromisoformat(at) if at is not None else _after_the_day(home, reporting, machine, today)
    hours = ((first.hour + step * number) % DAY_HOURS for number in range(DAY_HOURS // step))
    return tuple(first.replace(hour=hour) for hour in hours)


def _after_the_day(home: Home, reporting: ZoneInfo, machine: ZoneInfo, today: date) -> time:
    """Clocks are put forward and back on other days in other zones, so the latest of the whole year counts."""
    minute = 1 + int(_digest(home)[8:16], 16) % (HOUR_MINUTES - 1)  # never the full hour, when everybody begins
    instants = [
        datetime.combine(today + timedelta(days=number), time(HOURS_AFTER), reporting).astimezone(UTC)
        for number in range(YEAR_DAYS)
    ]
    apart = max(_offset(one, machine) - _offset(one, reporting) for one in instants)
    earliest = HOURS_AFTER * HOUR_MINUTES + apart // timedelta(minutes=1)
    hour, minute = divmod((earliest + (minute - earliest) % HOUR_MINUTES), HOUR_MINUTES)
    return time(hour % DAY_HOURS, minute)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def _why(schedule: Schedule) -> tuple[str, ...]:
    """What runs when, and why then."""
    first, zone = schedule.times[0], schedule.machine
    when = f"every day at {', '.join(f'{one:%H:%M}' for one in sorted(schedule.times))}"
    if len(schedule.times) == DAY_HOURS:
        when = f"every hour, at {first:%M} minutes past"
    said = f"growthos in {schedule.home.root}: {when} by this machine's clock ({zone})."
    over = f"At {first:%H:%M} the day before has been over for {HOURS_AFTER} hours or more in {schedule.reporting}, the"
    own = f"{over} reporting time zone; the minute is this home's own."
    return (said,) if schedule.asked else (said, own)


def _hours(times: Sequence[time]) -> str:
    """The hours as cron and systemd both write them."""
    return "*" if len(times) == DAY_HOURS else ",".join(str(one.hour) for one in sorted(times))


def _digest(home: Home) -> str:
    return sha256(os.fsencode(home.root)).hexdigest()


def _quoted(word: str) -> str:
    """A word as a shell takes it. No backslash stands before another or before a percent sign: some crons take one."""
    return shlex.quote(word).replace("\\", "\\''")


def _specifiers(home: Home) -> str:
    """The home in a text in which systemd replaces what follows a percent sign."""
    return str(home.root).replace("%", "%%")

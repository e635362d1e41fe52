"""The generated parts of the README: what commands really print, and what is declared in the code."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

WIDTH = 100
ROOT = Path(__file__).parents[1]
RUN = re.compile(r"[0-9a-f]{16}\.parquet")
"""A raw file's name ends with the run that wrote it."""


@cache
def _home() -> tempfile.TemporaryDirectory[str]:
    """One home for the whole page, gone with the process."""
    return tempfile.TemporaryDirectory()


def run(command: str) -> str:
    """What a command prints on stdout, at the width of the page and without colour."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GROWTHOS", "COV"))}
    environ |= {"COLUMNS": str(WIDTH), "NO_COLOR": "1", "GROWTHOS_HOME": _home().name, "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "growthos", *shlex.split(command)],
        capture_output=True,
        text=True,
        env=environ,
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise RuntimeError(f"growthos {command} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def tour(command: str, *, until: str = "") -> str:
    """A command and what it prints; with `until`, as far as the line before the one that holds that text a second time.

    The whole page is made in one home, so the demo is read once. What is another one in each run is left out.
    """
    lines = [RUN.sub("….parquet", line.rstrip()) for line in run(command).rstrip().splitlines()]
    if until:
        places = [number for number, line in enumerate(lines) if until in line]
        lines = [*lines[: places[1]], "…"]
    return "\n".join(["", "```console", f"$ growthos {command}", *lines, "```", "", ""])


def schedule() -> str:
    """What `schedule --cron` prints for a home and a growthos that stand in the same place on every machine."""
    from datetime import date
    from zoneinfo import ZoneInfo

    from growthos import schedule
    from growthos.home import Home
    from growthos.render import schedule_page
    from growthos.render.output import drawn

    home, zone = Home(Path("/srv/myshop")), ZoneInfo("Europe/Berlin")
    found = schedule.Schedule(
        home=home,
        commands=schedule.commands(["/opt/growthos/bin/growthos"], home.root, {}, demo=False),
        times=schedule.times(home, None, None, zone, zone, date(2026, 3, 30)),
        machine=zone.key,
        reporting=zone.key,
        asked=False,
        units=Path("/home/me/.config/systemd/user"),
        kinds=("cron",),
    )
    lines = drawn(schedule_page.page(found.parts)).splitlines()
    return "\n".join(["", "```console", f"$ growthos --home {home.root} schedule --cron", *lines, "```", "", ""])


def every_command() -> Iterator[tuple[str, Any]]:
    """Every command by its whole name, each group's own before those below it, in the order of the help."""
    from typer import Context
    from typer.main import get_command

    from growthos.cli.app import app

    group = get_command(app)
    assert isinstance(group, TyperGroup)
    program = Context(group)
    for name in group.list_commands(program):
        _, one, _ = group.resolve_command(program, [name])
        yield f"growthos {name}", one
        for below, other in getattr(one, "commands", {}).items():
            yield f"growthos {name} {below}", other


def commands() -> str:
    """Every command with the first sentence of its help."""
    rows = [f"| `{name}` | {(one.help or '').splitlines()[0]} |" for name, one in every_command()]
    return "\n".join(["", "| Command | What it does |", "|---|---|", *rows, "", ""])


def settings() -> str:
    """The settings of every source."""
    from growthos import catalog

    return f"\n{catalog.settings()}\n\n"


def targets() -> str:
    """The settings of every target of notifications."""
    from growthos import catalog

    return f"\n{catalog.targets()}\n\n"


def measures() -> str:
    """What formulas of one's own can name."""
    from growthos import catalog

    return f"\n{catalog.measures()}\n\n"


def exit_codes() -> str:
    """The exit codes, with what each means."""
    rows = [f"| {code} | {meaning} |" for code, meaning in _meanings()]
    return "\n".join(["", "| Exit code | Meaning |", "|---|---|", *rows, "", ""])


def _meanings() -> Iterator[tuple[int, str]]:
    from growthos.errors import ExitCode

    for code in ExitCode:
        yield code.value, code.meaning


def catalogue() -> str:
    """KPIs, alerts, checks and sources."""
    from growthos import catalog

    parts = (
        ("KPIs", catalog.kpis()),
        ("Alerts", catalog.alerts()),
        ("Checks", catalog.checks()),
        ("Sources", catalog.sources()),
    )
    return "".join(f"\n### {title}\n\n{table}\n" for title, table in parts) + "\n"

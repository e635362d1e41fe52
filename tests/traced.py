"""The program under strace, which lets a system call fail or kills the process at it."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from chaos import PROGRAM, Scene

STRACE = shutil.which("strace")
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "ftruncate")
_LINE = re.compile(r"(?P<process>\d+) +(?P<call>\w+)\((?P<rest>.*)")


@dataclass(frozen=True)
class Call:
    """The `number`-th of a system call's uses by the process, and what it was about."""

    name: str
    number: int
    about: str


def calls(scene: Scene, home: Path, log: Path) -> list[Call]:
    """What a run without a fault asks of the system about files of the home, in order."""
    done = _run(scene, home, ["-y", "-o", str(log), "-e", f"trace={','.join(CALLS)}"])
    assert done.returncode == 0, done.stderr
    lines = [found for line in log.read_text(errors="replace").splitlines() if (found := _LINE.match(line))]
    counts: dict[str, int] = {}
    found = []
    for line in lines:
        if line["process"] != lines[0]["process"]:
            continue
        counts[line["call"]] = counts.get(line["call"], 0) + 1
        if str(home / "demo") in line["rest"]:
            found.append(Call(line["call"], counts[line["call"]], line["rest"][:200]))
    return found


def meet(scene: Scene, home: Path, call: Call, fault: str) -> subprocess.CompletedProcess[str]:
    """A run in which that call fails with an error, or the process is killed at it."""
    injected = "signal=KILL" if fault == "kill" else f"error={fault.upper()}"
    return _run(
        scene,
        home,
        ["-o", "/dev/null", "-e", f"trace={call.name}", "-e", f"inject={call.name}:{injected}:when={call.number}"],
    )


def _run(scene: Scene, home: Path, options: list[str]) -> subprocess.CompletedProcess[str]:
    asked = {"scene": scene.told, "home": str(home), "command": scene.command, "large": scene.large}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [str(STRACE), "-f", *options, sys.executable, str(PROGRAM), "alone", json.dumps(asked)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

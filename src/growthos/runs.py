"""Reports of runs: runs/<run id>.json, and runs/latest.json with the results of the last build.

A report is there from the run's first moment, so that one that was killed is seen, and the newest thousand are kept.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from growthos.clock import Clock
from growthos.errors import GrowthError, StoppedError
from growthos.folders import replace_file
from growthos.home import Home
from growthos.redact import SECRETS

KEPT: Final = 1000
"""So many reports are kept: a daily one for almost three years, an hourly one for six weeks."""
LATEST: Final = "latest.json"


@contextmanager
def begun(home: Home, run_id: str, command: str, clock: Clock) -> Iterator[None]:
    """Keep that a run began, and why where an error ends it."""
    path = home.runs / f"{run_id}.json"
    _write(path, {"run_id": run_id, "command": command, "started_at": clock.now().isoformat(), "exit_code": None})
    for old in _newest_first(home)[KEPT:]:
        old.unlink()
    try:
        yield
    except Exception as error:
        with suppress(OSError):  # the disk may be what failed
            told = _read(path) or {"run_id": run_id}
            _write(path, told | {"finished_at": clock.now().isoformat()} | _failure(error))
        raise


def write(home: Home, run_id: str, report: dict[str, Any], *, built: bool) -> None:
    """Keep a run's report; a run that built nothing leaves the results of the last build as they are."""
    home.runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in home.runs.glob(".*.tmp"):  # by a run that was killed
        left.unlink()
    _write(home.runs / f"{run_id}.json", report)
    latest = latest_report(home) or {}
    kept = {} if built else {key: latest[key] for key in ("build", "checks") if key in latest}
    _write(home.runs / LATEST, report | kept)


def latest_report(home: Home) -> dict[str, Any] | None:
    """What the last run left for display, None where there was none or it cannot be read."""
    return _read(home.runs / LATEST)


def reports(home: Home) -> list[dict[str, Any]]:
    """All reports that are kept and can be read, the newest first."""
    found = [report for path in _newest_first(home) if (report := _read(path)) and report.get("run_id")]
    # Files that were copied may all be of one instant: what they say themselves counts before that.
    return sorted(found, key=lambda report: str(report.get("started_at")), reverse=True)


def _failure(error: Exception) -> dict[str, Any]:
    """What an error is to those who read of it later; the log has a bug's details."""
    match error:
        case StoppedError():
            return {"stopped": True, "failure": "A signal ended it. What was read is kept."}
        case GrowthError():
            return {"exit_code": int(error.code), "failure": error.message, "hint": error.hint}
        case OSError():
            return {"failure": f"{error.filename or 'The disk'}: {error.strerror or error}."}
    return {"failure": f"A bug: {type(error).__name__}; the log has the details."}


def _newest_first(home: Home) -> list[Path]:
    found = list[tuple[int, Path]]()
    for path in home.runs.glob("*.json"):
        with suppress(FileNotFoundError):  # one that a run at work has just taken away
            found.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(found, reverse=True) if path.name != LATEST]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(path: Path, report: dict[str, Any]) -> None:
    replace_file(path, SECRETS.text(json.dumps(SECRETS.tree(report), indent=1, default=str)).encode())

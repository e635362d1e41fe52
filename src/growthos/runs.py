"""Reports of runs: runs/<run id>.json, and runs/latest.json with the results of the last build."""

import json
from pathlib import Path
from typing import Any

from growthos.folders import replace_file
from growthos.home import Home
from growthos.redact import SECRETS


def write(home: Home, run_id: str, report: dict[str, Any], *, built: bool) -> None:
    """Keep a run's report; a run that built nothing leaves the results of the last build as they are."""
    home.runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in home.runs.glob(".*.tmp"):  # by a run that was killed
        left.unlink()
    _write(home.runs / f"{run_id}.json", report)
    latest = latest_report(home) or {}
    kept = {} if built else {key: latest[key] for key in ("build", "checks") if key in latest}
    _write(home.runs / "latest.json", report | kept)


def latest_report(home: Home) -> dict[str, Any] | None:
    """What the last run left for display, None where there was none or it cannot be read."""
    try:
        found: dict[str, Any] = json.loads((home.runs / "latest.json").read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(path: Path, report: dict[str, Any]) -> None:
    replace_file(path, SECRETS.text(json.dumps(SECRETS.tree(report), indent=1, default=str)).encode())

"""The log of a home: one JSON object a line, secrets replaced by value before a byte is written."""

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from growthos.connectors.terms import Call
from growthos.redact import SECRETS

LARGEST = 5 * 1024 * 1024
KEPT = 4


class Log:
    """Appends to logs/growthos.log; the file is moved aside at 5 MB and four old ones are kept."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self._path = folder / "growthos.log"
        self._run_id = run_id
        self._lock = Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size > LARGEST:
            self._rotate()
        self._file = os.fdopen(
            os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8"
        )

    def call(self, at: datetime, call: Call) -> None:
        """One attempt at one request."""
        self.write(at, "call", **asdict(call))

    def write(self, at: datetime, event: str, **fields: Any) -> None:
        """One line, with the time, the run and what happened."""
        said = {"at": at.isoformat(), "run": self._run_id, "event": event, **SECRETS.tree(fields)}
        line = SECRETS.text(json.dumps(said, default=str))
        with self._lock:
            self._file.write(line + "\n")

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        for number in range(KEPT, 0, -1):
            older = self._path.with_name(f"growthos.log.{number}")
            newer = self._path if number == 1 else self._path.with_name(f"growthos.log.{number - 1}")
            if newer.exists():
                newer.replace(older)

"""How a sync or a rebuild went, and the exit code that says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from growthos.errors import CredentialsError, ExitCode, PatienceError
from growthos.sync import SourceReport

if TYPE_CHECKING:
    from growthos.warehouse import Built

MOST: Final = 100
"""So many remarks of a kind are kept in a report; all of them stand in the log."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What came of it; `built` is None where nothing new was loaded, so that nothing had to be built.

    `quotas`: what is left of each source's own quotas, by the vendor's names, as its last answers told.
    `lost`: units of which a file was damaged and that this run asked for again and did not get.
    """

    run_id: str
    started_at: datetime
    finished_at: datetime
    sources: tuple[SourceReport, ...]
    built: "Built | None"
    notices: tuple[tuple[str, str, str], ...] = ()
    quotas: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    lost: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """What is lost before all sources failed, that before failed checks, those before some sources failed."""
        if self.lost:
            return ExitCode.DAMAGED
        failed = [one for one in self.sources if one.errors]
        errors = [error for one in failed for error in one.errors]
        impatient = any(isinstance(error, PatienceError) for error in errors)
        if failed and len(failed) == len(self.sources) and not impatient:
            refused = all(isinstance(error, CredentialsError) for error in errors)
            return ExitCode.CREDENTIALS if refused else ExitCode.UNAVAILABLE
        if self.built is not None and not self.built.published:
            return ExitCode.CHECKS_FAILED
        return ExitCode.PARTIAL if failed else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        """The report as it is kept in runs/; `build` and `checks` only where something was built."""
        kept: dict[str, Any] = {
            "run_id": self.run_id,
            "command": "sync" if self.sources else "rebuild",
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "exit_code": int(self.exit_code),
            "quotas": {name: dict(left) for name, left in self.quotas.items()},
            "notices": [list(notice) for notice in self.notices[:MOST]],
            "lost": list(self.lost[:MOST]),
            "sources": [
                {
                    "name": one.name,
                    "pages": one.pages,
                    "records": one.records,
                    "segments": len(one.segments),
                    "seconds": round(one.seconds, 3),
                    "waited": round(one.waited, 3),
                    "errors": [error.message for error in one.errors[:MOST]],
                    "cut_off": one.cut_off,
                }
                for one in self.sources
            ],
        }
        if self.built is not None:
            kept["build"] = {
                "run_id": self.run_id,
                "finished_at": self.finished_at.isoformat(),
                "published": self.built.published,
                "data_through": self.built.data_through,
                "rejected": dict(self.built.rejected),
            }
            kept["checks"] = [
                {
                    "name": check.name,
                    "severity": check.severity,
                    "status": check.status,
                    "failing_rows": check.failing_rows,
                    "sample": list(check.sample),
                    "message": check.message,
                }
                for check in self.built.checks
            ]
        return kept

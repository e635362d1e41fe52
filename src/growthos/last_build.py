"""What the last build left for display: its checks, and whether what people read is the build before."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from growthos import runs
from growthos.home import Home

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PASSED = "pass"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the last build; `status` is pass, fail or error."""

    name: str
    severity: str
    status: str
    failing_rows: int
    sample: tuple[str, ...]
    message: str

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "severity": self.severity,
            "status": self.status,
            "failing_rows": self.failing_rows,
            "sample": list(self.sample),
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class LastBuild:
    """The last build. Where it is not `published`, the tables that people read are those of one before."""

    finished_at: datetime | None
    published: bool
    data_through: date | None
    checks: tuple[Check, ...]

    @property
    def blocking(self) -> tuple[Check, ...]:
        """The checks that kept it from being published."""
        return tuple(one for one in self.checks if one.status != PASSED and one.severity == "critical")

    def of(self, name: str) -> Self:
        """The same of one check alone."""
        return replace(self, checks=tuple(one for one in self.checks if one.name == name))

    def as_json(self) -> dict[str, Any]:
        """The structure of `checks --format json`."""
        return {
            "schema_version": 1,
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "published": self.published,
            "data_through": self.data_through.isoformat() if self.data_through else None,
            "checks": [one.as_json() for one in self.checks],
        }


def from_report(home: Home) -> LastBuild | None:
    """The last build as runs/latest.json tells it; None where that file says nothing of one."""
    report = runs.latest_report(home) or {}
    build, kept = report.get("build"), report.get("checks")
    if not isinstance(build, dict) or not isinstance(kept, list):
        return None
    return LastBuild(
        finished_at=_instant(build.get("finished_at")),
        published=bool(build.get("published", True)),
        data_through=_date(build.get("data_through")),
        checks=tuple(
            Check(
                name=str(one.get("name")),
                severity=str(one.get("severity")),
                status=str(one.get("status")),
                failing_rows=int(one.get("failing_rows") or 0),
                sample=tuple(str(key) for key in one.get("sample") or ()),
                message=str(one.get("message") or ""),
            )
            for one in kept
            if isinstance(one, dict)
        ),
    )


def failures(home: Home) -> tuple[tuple[str, str], ...]:
    """The sources that failed in the last run, each with what it said, as runs/latest.json tells it."""
    report = runs.latest_report(home) or {}
    return tuple(
        (str(one.get("name")), str(error)) for one in report.get("sources") or () for error in one.get("errors") or ()
    )


def from_database(con: "DuckDBPyConnection") -> LastBuild:
    """The build that is published, as its own tables tell it."""
    about = con.execute("select finished_at, data_through from run_info").fetchone()
    finished, through = about or (None, None)
    rows = con.execute("select check_name, severity, status, failing_rows, sample, message from dq_results").fetchall()
    return LastBuild(
        finished_at=finished,
        published=True,
        data_through=through,
        checks=tuple(
            Check(name, severity, status, failing, tuple(json.loads(sample or "[]")), message or "")
            for name, severity, status, failing, sample, message in rows
        ),
    )


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _date(text: object) -> date | None:
    return date.fromisoformat(text[:10]) if isinstance(text, str) else None

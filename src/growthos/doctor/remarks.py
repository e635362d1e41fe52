"""One thing that the doctor has to say, good or bad."""

from dataclasses import dataclass
from typing import Final, Literal

from growthos.connectors.terms import Finding
from growthos.errors import ExitCode

Area = Literal["machine", "settings", "home", "data", "days and money", "sources"]
CODES: Final[dict[Area, ExitCode]] = {
    "home": ExitCode.CANNOT_WRITE,
    "settings": ExitCode.SETTINGS,
    "days and money": ExitCode.SETTINGS,
    "data": ExitCode.DAMAGED,
    "sources": ExitCode.PARTIAL,
}
"""How the command ends where something in an area is an error, the gravest first."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding and where it belongs; `source` is empty where it is nobody's in particular."""

    area: Area
    finding: Finding
    source: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "area": self.area,
            "source": self.source,
            "account": self.finding.account,
            "subject": self.finding.subject,
            "state": self.finding.state,
            "said": self.finding.said,
            "hint": self.finding.hint,
        }


def ok(area: Area, subject: str, said: str, *, source: str = "", account: str = "") -> Remark:
    return Remark(area, Finding(subject, "ok", said, account=account), source)


def warning(area: Area, subject: str, said: str, hint: str, *, source: str = "") -> Remark:
    return Remark(area, Finding(subject, "warning", said, hint), source)


def error(area: Area, subject: str, said: str, hint: str, *, source: str = "") -> Remark:
    return Remark(area, Finding(subject, "error", said, hint), source)

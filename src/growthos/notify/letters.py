"""What is told, in plain text and before it is dressed for a target: a title, a paragraph an alert, and remarks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, Self

from growthos.messages import Due, Message
from growthos.render.text import clean
from growthos.rules import SEVERITIES, Severity

Kind = Literal["alerts", "test"]
ELLIPSIS = "…"
TEST = "This is a test: no alert fired, and nothing was marked as told."


@dataclass(frozen=True, slots=True)
class Part:
    """One alert. `over`: it fires no more."""

    heading: str
    lines: tuple[str, ...]
    severity: Severity
    over: bool = False

    def shortened(self, longest: int) -> Self:
        """The same in at most so many characters a line."""
        return replace(
            self,
            heading=shortened(self.heading, longest),
            lines=tuple(shortened(line, longest) for line in self.lines),
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """All that a target is told in one run. `grave` is the severity of the gravest alert that fires, if one does.

    `data` is the same for programs. `left_out` counts the alerts that a target has no room for.
    """

    kind: Kind
    title: str
    about: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    grave: Severity | None
    data: Mapping[str, Any]
    left_out: int = 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """What stands below the alerts."""
        if not self.left_out:
            return self.notes
        return (f"And {self.left_out} more: `growthos alerts` shows them all.", *self.notes)

    @property
    def text(self) -> str:
        """All but the title, as plain text."""
        parts = ["\n".join((part.heading, *part.lines)) for part in self.parts]
        return "\n\n".join([*parts, "\n".join((*self.remarks, self.about))]) + "\n"

    def fitted(self, fits: Callable[["Letter"], bool], longest: int) -> "Letter":
        """As many of its alerts as there is room for, each line at most so long; the gravest come first and stay."""
        letter = replace(self, parts=tuple(one.shortened(longest) for one in self.parts))
        while letter.parts and not fits(letter):
            letter = replace(letter, parts=letter.parts[:-1], left_out=letter.left_out + 1)
        return letter


def of_message(message: Message, least: Severity) -> Letter | None:
    """A message as it is told to those who want to know from a severity on; None where nothing is left to tell."""
    told = SEVERITIES[SEVERITIES.index(least) :]
    heard = replace(
        message,
        alerts=tuple(one for one in message.alerts if one.severity in told),
        resolved=tuple(one for one in message.resolved if one.severity in told),
    )
    if not heard.alerts and not heard.resolved:
        return None
    window = heard.window
    return Letter(
        kind="alerts",
        title=clean(heard.title),
        about=f"{window.first} to {window.last} against {heard.previous.first} to {heard.previous.last}, "
        f"{clean(heard.timezone)}",
        parts=(*(_part(one) for one in heard.alerts), *(_part(one, over=True) for one in heard.resolved)),
        notes=tuple(clean(note, limit=None) for note in heard.notes),
        grave=max((one.severity for one in heard.alerts), key=SEVERITIES.index, default=None),
        data={
            "schema_version": 1,
            "kind": "alerts",
            "home": clean(heard.home),
            "title": clean(heard.title),
            "window": _days(window.first, window.last),
            "previous": _days(heard.previous.first, heard.previous.last),
            "timezone": clean(heard.timezone),
            "alerts": [_record(one) for one in heard.alerts],
            "resolved": [_record(one) for one in heard.resolved],
            "notes": [clean(note, limit=None) for note in heard.notes],
        },
    )


def of_test(home: str, now: datetime) -> Letter:
    """A letter that says of itself that it is a test."""
    title, about = f"{clean(home)}: test message", f"growthos, {now:%Y-%m-%d %H:%M} UTC"
    data = {"schema_version": 1, "kind": "test", "home": clean(home), "title": title, "at": now, "notes": [TEST]}
    return Letter("test", title, about, (), (TEST,), None, data)


def _part(one: Due, *, over: bool = False) -> Part:
    word = "Resolved" if over else one.severity.capitalize()
    days = f"from {one.since} to {one.until}" if over else f"since {one.since}"
    said = (one.facts, one.recommendation)
    return Part(
        heading=f"{word}: {clean(one.name)}, {clean(one.scope)}, {days}",
        lines=tuple(clean(text, limit=None) for text in said if text),
        severity=one.severity,
        over=over,
    )


def _record(one: Due) -> dict[str, Any]:
    rule, _, scope = one.fingerprint.partition(":")
    return {
        "id": clean(rule),
        "name": clean(one.name),
        "severity": one.severity,
        "scope": clean(scope),
        "since": one.since,
        "until": one.until,
        "facts": clean(one.facts, limit=None),
        "recommendation": clean(one.recommendation, limit=None) or None,
        "figures": dict(one.figures),
    }


def _days(first: date, last: date) -> dict[str, str]:
    return {"since": first.isoformat(), "until": last.isoformat()}


def shortened(text: str, longest: int) -> str:
    """At most so many characters, cut between two words: half a number would be another number."""
    if len(text) <= longest:
        return text
    head, blank, _ = text[:longest].rpartition(" ")
    return (head if blank else re.sub(r"[\d.,]+$", "", text[: longest - 1])) + ELLIPSIS

"""Which alerts people are told of now: those that have begun to fire, those that still do, those that have ended.

As Alertmanager does it: nobody is told the same again before a while, nor of what is held back, nor of an end whose
beginning was never told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from growthos.alert_book import Book, Told
from growthos.alert_report import Alert, AlertReport
from growthos.clock import TOLERANCE

EARLY: Final = 12
"""A run counts as on time if no more than this part of the while is missing, for no run begins at its very second."""
EARLIEST: Final = timedelta(hours=2)
"""And no more than this, in which clocks are put forward as well."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What is due: alerts that fire, the gravest first, and by fingerprint what was told of those that do no more."""

    alerts: tuple[Alert, ...]
    resolved: Mapping[str, Told]

    def __bool__(self) -> bool:
        return bool(self.alerts or self.resolved)


def due(report: AlertReport, book: Book, repeats: Mapping[str, timedelta], now: datetime) -> Telling:
    """What to tell of a report in which it is known how each alert stands; `repeats` by severity."""
    if report.failed is not None:
        return Telling((), {})
    known = {one.fingerprint: one for one in report.alerts}
    return Telling(
        tuple(
            one
            for one in report.firing
            if not one.held_back and _is_due(one, book.told.get(one.fingerprint), repeats[one.severity], now)
        ),
        {
            name: told
            for name, told in book.told.items()
            if told.state == "firing" and _is_over(report, known.get(name), told)
            if not any(one.silences(name, now) for one in book.silences)
        },
    )


def _is_due(alert: Alert, told: Told | None, repeat: timedelta, now: datetime) -> bool:
    standing = alert.standing
    if standing is None or standing.state != "firing" or standing.active_since is None:
        return False
    if told is None or told.state == "resolved" or standing.active_since > told.last_seen:
        return True  # it is another one, whether or not anybody was told that the one before had ended
    past = now - told.last_notified
    return past >= repeat - min(repeat / EARLY, EARLIEST) or past < -TOLERANCE  # then the clock was wrong once


def _is_over(report: AlertReport, alert: Alert | None, told: Told) -> bool:
    """Whether it fires no more, as far as can be known: a report of earlier days knows nothing of it."""
    if report.window.last < told.last_seen:
        return False
    return alert is None or not (alert.held_back or (alert.standing is not None and alert.standing.firing))


def ended(report: AlertReport, fingerprint: str) -> date:
    """The day at whose end an alert was let go; where that is long ago, the one at whose end it was noticed."""
    found = (one.standing.resolved_at for one in report.alerts if one.fingerprint == fingerprint and one.standing)
    return next((day for day in found if day), report.window.last)


def told(book: Book, report: AlertReport, telling: Telling, now: datetime) -> Book:
    """The book once that was told."""
    day = report.window.last
    firing = {
        one.fingerprint: Told(
            state="firing",
            active_since=one.standing.active_since,
            last_seen=day,
            last_notified=now,
            severity=one.severity,
        )
        for one in telling.alerts
        if one.standing and one.standing.active_since
    }
    resolved = {
        name: one.model_copy(update={"state": "resolved", "last_notified": now, "resolved_at": ended(report, name)})
        for name, one in telling.resolved.items()
    }
    return book.model_copy(update={"told": book.told | firing | resolved})

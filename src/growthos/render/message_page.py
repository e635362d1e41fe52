"""What a run tells of the alerts: its parts in plain values, and the same as a page, which cron mails."""

from collections.abc import Iterator, Mapping

from growthos.alert_report import Alert, AlertReport
from growthos.messages import Due, Message
from growthos.render import alert_page
from growthos.render.pages import Block, Heading, Note, Page, Panel
from growthos.render.text import clean
from growthos.rules import Rule
from growthos.telling import Telling, ended


def message(report: AlertReport, telling: Telling, home: str, rules: Mapping[str, Rule]) -> Message:
    """What is due, in the words of the page of alerts; `home` is what the folder is called, `rules` are the home's."""
    known = {one.fingerprint: one for one in report.alerts}
    held = sum(one.held_back for one in report.firing)
    more = f"Nobody is told of {held} more that fire{'s' if held == 1 else ''}: `growthos alerts` says why."
    return Message(
        home=home,
        window=report.window,
        previous=report.previous,
        timezone=report.timezone,
        alerts=tuple(_due(one, report) for one in telling.alerts),
        resolved=tuple(
            Due(
                fingerprint=name,
                name=rule.label if (rule := rules.get(name.partition(":")[0])) else name.partition(":")[0],
                severity=rule.severity if rule else told.severity or "info",
                scope=_scope(known.get(name), name),
                facts=alert_page.facts(known[name], report.currency) if name in known else "",
                recommendation="",
                since=told.active_since,
                until=ended(report, name),
            )
            for name, told in telling.resolved.items()
        ),
        notes=(more,) if held else (),
    )


def page(told: Message) -> Page:
    """A panel for each alert that fires, the gravest first, and a line for each that does no more."""
    return tuple(_blocks(told))


def _blocks(told: Message) -> Iterator[Block]:
    days = f"{told.window.first} to {told.window.last} ({len(told.window)} days, {told.timezone})"
    yield Heading(clean(told.title), f"{days} against {told.previous.first} to {told.previous.last}")
    for one in told.alerts:
        yield Panel(
            f"{one.severity}: {one.name}, since {one.since}",
            alert_page.TONES[one.severity],
            one.facts,
            clean(one.recommendation, limit=None),
        )
    for one in told.resolved:
        over = f"Resolved at the end of {one.until}: {one.name}, {one.scope}, since {one.since}."
        yield Note(f"{over} {one.facts}".rstrip(), "good")
    for note in told.notes:
        yield Note(note, "dim")


def _due(alert: Alert, report: AlertReport) -> Due:
    standing = alert.standing
    return Due(
        fingerprint=alert.fingerprint,
        name=alert.rule.label,
        severity=alert.severity,
        scope=_scope(alert, alert.fingerprint),
        facts=alert_page.facts(alert, report.currency),
        recommendation=alert.recommendation or "",
        since=(standing and standing.active_since) or report.window.last,
        figures=alert.figures or {},
    )


def _scope(alert: Alert | None, fingerprint: str) -> str:
    """The scope in words; its slug where nothing is known of it any more."""
    slug = fingerprint.partition(":")[2]
    return alert_page.scoped(slug, alert.scope_name if alert else slug)

"""How far the raw files reach: the last complete day of each source, and where the orders begin."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from growthos.connectors.base import Connector, Stream
from growthos.state import State, Unit, covered_days, unbroken

FORGOTTEN = timedelta(hours=48)
"""A connected source whose newest complete unit is older than this has been forgotten by somebody."""


def counting(connector: type[Connector], values: Mapping[str, str], state: State) -> Sequence[str]:
    """The accounts that a source waits for: those that were read last for the accounts of its settings.

    One that was taken out of the settings, or that its manager no longer lists, holds nothing back.
    """
    read = state.accounts(connector.name)
    named = state.stands_for(connector.name, connector(values).accounts())
    return [one for one in read if one in named] or read


def data_through(
    connector: type[Connector],
    state: State,
    zone: ZoneInfo,
    *,
    details: bool = False,
    accounts: Sequence[str] | None = None,
) -> date | None:
    """The last day up to which everything of a source was read, None where nothing was.

    Reports: the last day of the unbroken run of days that were over when they were read. Orders: the day before the
    sync began, in `zone`, or the `--until` of it where no other sync went further. The earliest over all streams and
    `accounts` counts: over `details` alone, else over all others.
    """
    reached = [
        account_through(connector, state, account, zone, details=details)
        for account in (state.accounts(connector.name) if accounts is None else accounts)
    ]
    return min((day for day in reached if day), default=None)


def account_through(
    connector: type[Connector], state: State, account: str, zone: ZoneInfo, *, details: bool = False
) -> date | None:
    """The same for one account."""
    reached = [
        _reached(stream, state.units(connector.name, account, stream.name), zone)
        for stream in connector.streams()
        if stream.follows_since and stream.detail == details
    ]
    return min((day for day in reached if day), default=None)


def orders_begin(connectors: Sequence[type[Connector]], state: State) -> date | None:
    """The day from which the orders are loaded without a gap, None where there are none."""
    found = [
        stretch(units)[0].date()
        for connector in connectors
        for account in state.accounts(connector.name)
        for stream in connector.streams()
        if stream.mode == "cursor" and stream.follows_since
        for units in [state.units(connector.name, account, stream.name)]
        if units
    ]
    return min(found, default=None)


def history_start(state: State, days: int, today: date) -> date:
    """Where the history starts: as early as was ever asked for, else so many days ago."""
    keys = state.keys()
    begins = [unit.header.begins for key in keys for unit in state.units(*key)]
    asked = [date.fromisoformat(one[:10]) for one in begins if one and not one.startswith("0001-")]
    return min([*asked, today - timedelta(days=days)])


def _reached(stream: Stream, units: Sequence[Unit], zone: ZoneInfo) -> date | None:
    if not units:
        return None
    if stream.mode == "report":
        return unbroken(covered_days(units, closed_only=True))
    end = stretch(units)[1]
    return max(_told(unit, zone) for unit in units if unit.until <= end)


def _told(unit: Unit, zone: ZoneInfo) -> date:
    """The last day that a unit of orders tells of: the one before it was read, or where `--until` stopped the rest."""
    day = unit.until.astimezone(zone).date() - timedelta(days=1)
    asked_until = (unit.header.round or "").partition("..")[2]
    return min(day, date.fromisoformat(asked_until)) if asked_until else day


def stretch(units: Sequence[Unit]) -> tuple[datetime, datetime]:
    """The run of time without a gap that the earliest unit of a cursor stream begins."""
    ordered = sorted((unit.since, unit.until) for unit in units)
    start, end = ordered[0]
    for since, until in ordered:
        if since > end:
            break
        end = max(end, until)
    return start, end

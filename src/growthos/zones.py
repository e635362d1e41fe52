"""Whether all who count by days count by the same days. Ads and GA4 deliver whole days, which cannot be cut anew."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

WEEKS = 53
LOCALTIME = Path("/etc/localtime")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Who counts in which zone, and what to do about it."""

    message: str
    hint: str


def disagreement(
    reporting: str, zones: Mapping[str, Collection[str]], ads: Collection[str], day: date
) -> Disagreement | None:
    """What is to be said of the zones of the sources, by source, beside that of the reports; None where they are alike.

    `ads` are the sources whose zone the reports had best follow. Zones of different names are alike where their clocks
    have shown the same over the year before `day`.
    """
    told = sorted({(zone, source) for source, several in zones.items() for zone in several})
    if all(alike(reporting, zone, day) for zone, _ in told):
        return None
    parts = [f"{_names(who)} in {zone}" for zone, who in _by_zone(told).items()]
    message = f"Days are not the same everywhere: {'; '.join(parts)}; the reports in {reporting}."
    usable = [(zone, source) for zone, source in told if alike(zone, zone, day)]
    wanted = [zone for zone, source in usable if source in ads] or [zone for zone, _ in usable]
    if not wanted:
        hint = "Look at the settings of these accounts: no zone of theirs is known to this machine."
    elif any(not alike(wanted[0], zone, day) for zone in wanted):
        hint = "No one zone fits all of them: set `reporting_timezone` to that of the ad account with the most spend."
    elif alike(reporting, wanted[0], day):
        hint = "The reports follow the ad accounts. The others can be changed in their own settings alone."
    else:
        hint = f'Set reporting_timezone = "{wanted[0]}" in growthos.toml, and run `growthos sync`.'
    return Disagreement(message, hint)


def alike(one: str, other: str, day: date) -> bool:
    """Whether the clocks of two zones have shown the same over the year before `day`."""
    try:
        first, second = ZoneInfo(one), ZoneInfo(other)
    except (KeyError, ValueError, OSError):
        return False
    noons = (datetime.combine(day - timedelta(weeks=week), time(12), UTC) for week in range(WEEKS))
    return all(first.utcoffset(noon.astimezone(first)) == second.utcoffset(noon.astimezone(second)) for noon in noons)


def machine() -> ZoneInfo:
    """The zone of this machine as cron has it, whatever TZ says in a shell; UTC where it has none of its own."""
    try:
        with LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file, key=str(LOCALTIME.resolve()).partition("zoneinfo/")[2] or "its own zone")
    except (OSError, ValueError):
        return ZoneInfo("UTC")


def _by_zone(told: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for zone, source in told:
        found.setdefault(zone, []).append(source)
    return found


def _names(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

"""Days and money: in which zone and currency each source counts, beside those of the reports."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from growthos.connections import Look
from growthos.doctor.kept import Kept
from growthos.doctor.remarks import Remark, error, ok, warning
from growthos.warehouse.sqlfiles import sources_of
from growthos.zones import disagreement

if TYPE_CHECKING:
    from growthos.settings import Settings

AREA: Final = "days and money"
Told = dict[str, list[tuple[str, str]]]
"""By source, the accounts and what each counts in."""


def remarks(
    settings: "Settings", looks: Collection[Look], kept: Kept, connected: Collection[str], now: datetime
) -> Iterator[Remark]:
    """All sources side by side, by what they have just said, else by what the database has of them."""
    zones = _told(looks, kept, connected, "time zone")
    yield from _rows("time zone", zones)
    yield ok(AREA, "time zone", settings.reporting_timezone, source="reports")
    by_source = {source: {zone for _, zone in told} for source, told in zones.items()}
    ads = sources_of("spend") & set(connected)
    if differ := disagreement(settings.reporting_timezone, by_source, ads, now.date()):
        yield warning(AREA, "time zone", differ.message, differ.hint)
    currencies = _told(looks, kept, connected, "currency")
    yield from _rows("currency", currencies)
    yield from _rates(settings, kept, currencies, ads)


def _told(looks: Collection[Look], kept: Kept, connected: Collection[str], subject: str) -> Told:
    found: Told = {}
    for name in connected:
        said = [
            (one.account, one.said)
            for look in looks
            for one in look.findings
            if look.source == name and one.subject == subject and one.state == "ok"
        ]
        known = kept.described.get(name)
        old = (known.zones if subject == "time zone" else known.currencies) if known else ()
        if told := said or [("", one) for one in old]:
            found[name] = told
    return found


def _rows(subject: str, told: Mapping[str, list[tuple[str, str]]]) -> Iterator[Remark]:
    for source, several in told.items():
        for account, said in several:
            yield ok(AREA, subject, said, source=source, account=account)


def _rates(settings: "Settings", kept: Kept, told: Told, ads: Collection[str]) -> Iterator[Remark]:
    """The currency of the reports, and those of ad spend from which no rate leads to it."""
    shop = next((said for _, said in told.get("shopify", [])), None)
    everybodys = {said for several in told.values() for _, said in several}
    currency = shop or settings.currency or kept.shop_currency or (everybodys.pop() if len(everybodys) == 1 else None)
    if currency is None:
        return
    yield ok(AREA, "currency", currency, source="reports")
    for source, several in ((name, told.get(name, [])) for name in sorted(ads)):
        for other in sorted({said for _, said in several} - {currency, *settings.fx}):
            hint = f'Set what one {other} is in {currency}, in growthos.toml: [fx] {other} = "1.0840".'
            yield error(AREA, "currency", f"{source} counts in {other}, and no rate leads from it to {currency}", hint)

"""All that a build depends on besides the raw files and sql/, and how the SQL sees it: as variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from growthos.warehouse.relations import moment

if TYPE_CHECKING:
    from growthos.alert_book import Told
    from growthos.settings import Settings


TOLD: Final = {
    **dict.fromkeys(("fingerprint", "state"), "varchar"),
    **dict.fromkeys(("active_since", "last_seen", "resolved_at"), "date"),
    "last_notified": "timestamp",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A connected source: the last day it was read for, when it was last read, its zone.

    `details_through` is the last day that its reports on which no KPI rests were read for.
    """

    name: str
    data_through: date | None
    loaded_at: datetime | None
    time_zone: str | None
    details_through: date | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a build depends on besides the raw files and sql/. Instants are in UTC.

    `told` is what was told of alerts, by fingerprint.
    """

    run_id: str
    started_at: datetime
    settings: "Settings"
    sources: tuple[Source, ...]
    history_lower_bound: date | None
    config_hash: str
    told: Mapping[str, "Told"] = field(default_factory=dict)

    @property
    def data_through(self) -> date | None:
        """The last day for which every connected source that was ever read is complete."""
        return min((source.data_through for source in self.sources if source.data_through), default=None)


def variables(inputs: Inputs) -> dict[str, tuple[str, Any]]:
    """The parameters of the SQL: name, SQL type and value."""
    settings = inputs.settings
    rates = [
        {"currency": currency, "day": day, "rate": rate}
        for currency, given in settings.fx.items()
        for day, rate in (given.items() if isinstance(given, Mapping) else [(None, given)])
    ]
    sources = [
        {
            "name": one.name,
            "data_through": one.data_through,
            "details_through": one.details_through,
            "loaded_at": moment(one.loaded_at),
            "time_zone": one.time_zone,
        }
        for one in inputs.sources
    ]
    margins = [{"category": category, "bps": bps} for category, bps in settings.costs.margin_bps.items()]
    calendar = [{"day": day, "event": event} for day, event in settings.calendar.items()]
    told = [
        {**one.model_dump(), "fingerprint": name, "last_notified": moment(one.last_notified.astimezone(UTC))}
        for name, one in inputs.told.items()
    ]
    return {
        "run_id": ("varchar", inputs.run_id),
        "run_started_at": ("timestamp", moment(inputs.started_at)),
        "run_finished_at": ("timestamp", moment(inputs.started_at)),
        "config_hash": ("varchar", inputs.config_hash),
        "data_through": ("date", inputs.data_through),
        "history_lower_bound": ("date", inputs.history_lower_bound),
        "earliest_order": ("timestamp", None),
        "reporting_timezone": ("varchar", settings.reporting_timezone),
        "currency": ("varchar", settings.currency),
        "exclude_sources": ("varchar[]", [one.strip().lower() for one in settings.exclude_sources]),
        "margins": ("struct(category varchar, bps bigint)[]", margins),
        "shipping_per_order_cents": ("bigint", settings.costs.shipping.per_order_cents),
        "shipping_bps_of_net_sales": ("bigint", settings.costs.shipping.bps_of_net_sales),
        "payment_bps_of_total": ("bigint", settings.costs.payment.bps_of_total),
        "payment_per_order_cents": ("bigint", settings.costs.payment.per_order_cents),
        "fx": ("struct(currency varchar, day date, rate decimal(24, 12))[]", rates),
        "calendar": ("struct(day date, event varchar)[]", calendar),
        "sources": (
            "struct(name varchar, data_through date, details_through date, loaded_at timestamp, time_zone varchar)[]",
            sources,
        ),
        "told": (f"struct({', '.join(f'{name} {kind}' for name, kind in TOLD.items())})[]", told),
    }

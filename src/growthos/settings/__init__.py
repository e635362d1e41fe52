"""What a home is told: growthos.toml, .env and the environment, which wins. Also which sources are connected."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from growthos.connectors import find
from growthos.dates import span
from growthos.guards import GuardValues
from growthos.home import Home, path_of
from growthos.redact import glimpse
from growthos.settings import notify, sources
from growthos.settings.origins import Problems, Toml, read_env, read_toml, unknown
from growthos.settings.own import Name, OwnKpi, OwnRule
from growthos.settings.section import Section

if TYPE_CHECKING:
    from growthos.connectors.base import Connector

BPS = 10_000
MARGINS = {"apparel": 5500, "electronics": 3000, "beauty": 6500, "home": 5000, "food": 4000, "default": 4500}


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{glimpse(name)} is no time zone: {unknown(name, available_timezones(), 'zone')}") from None
    return name


def _rate(given: object) -> object:
    """A rate is text, so that no float rounds it: shop units per foreign unit."""
    if isinstance(given, dict):
        return {_day(key): _rate(value) for key, value in given.items()}
    if not isinstance(given, str):
        raise ValueError('a rate is written as text: "1.0840", or a table of days and rates')  # noqa: TRY004
    try:
        rate = Decimal(given)
    except InvalidOperation:
        raise ValueError(f"{glimpse(given)} is no rate; write it as 1.0840") from None
    if not rate.is_finite() or rate <= 0:
        raise ValueError(f"a rate is greater than nothing, and {glimpse(given)} is not")
    return given


def _day(given: object) -> date:
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise ValueError(f"{glimpse(given)} is no date; write it as 2026-03-29") from None


def _days(given: object) -> object:
    return {_day(key): value for key, value in given.items()} if isinstance(given, dict) else given


def _lower(given: object) -> object:
    return {str(key).strip().lower(): value for key, value in given.items()} if isinstance(given, dict) else given


def _tuple(given: object) -> object:
    return tuple(given) if isinstance(given, list) else given


def _span(given: object) -> object:
    found = span(given) if isinstance(given, str) else None
    if found is None:
        raise ValueError(f"{glimpse(str(given))} is no length of time; write it as 24h or 7d")
    return found


def _path(given: object) -> object:
    return path_of(given) if isinstance(given, str) else given


def _or(defaults: Mapping[str, int], given: Mapping[str, int]) -> dict[str, int]:
    return {**defaults, **given}


def _doc(says: str | None, *, example: object = None) -> Any:
    """One line on a setting; an example where its default says nothing of what it looks like."""
    return Field(description=says, examples=None if example is None else [example])


Whole = Annotated[int, Field(ge=0)]
Share = Annotated[int, Field(ge=0, le=BPS)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Span = Annotated[timedelta, BeforeValidator(_span)]
Rate = Annotated[str | dict[date, str], BeforeValidator(_rate)]


class Sync(Section):
    """How far back, and for how long, sources are asked, and who is told how a sync went."""

    history: Annotated[
        int, Field(ge=1, le=3660), _doc("Days that a first sync reads; 400 let last year be compared.")
    ] = 400
    patience: Annotated[Whole, _doc("Seconds to wait for a source in all, before it is left for the next run.")] = 900
    heartbeat_url: Annotated[
        str | None,
        Field(repr=False),
        _doc("Asked after each sync that went well.", example="https://monitor.example/shop"),
    ] = None
    heartbeat_fail_url: Annotated[
        str | None,
        Field(repr=False),
        _doc("Asked after one that did not.", example="https://monitor.example/shop/fail"),
    ] = None


class Shipping(Section):
    """What sending an order costs that has something to send."""

    per_order_cents: Annotated[Whole, _doc("Cents for each order that has something to send.")] = 600
    bps_of_net_sales: Annotated[Share, _doc("And of what it sold; 100 are one percent.")] = 0


class Payment(Section):
    """What the payment provider keeps of an order's total."""

    bps_of_total: Annotated[Share, _doc("Of an order's total; 290 are 2.9 percent.")] = 290
    per_order_cents: Annotated[Whole, _doc("And cents for each order.")] = 30


class Costs(Section):
    """Costs that no API tells."""

    margin_bps: Annotated[
        dict[str, Share],
        BeforeValidator(_lower),
        AfterValidator(partial(_or, MARGINS)),
        _doc("Margins by product type, where a product has no unit cost; 4500 are 45 percent."),
    ] = MARGINS
    shipping: Shipping = Shipping()
    payment: Payment = Payment()


class Alerts(Section):
    """Guards: a rule stays silent below these counts, for a small week says little. And when people are told.

    `attribution_lag_days`: by so many days the weeks of roas_below_one end earlier.
    `keep_firing_for`: on so many days an alert need not fire and is no other one if it fires again. What still fires is
    told again after `repeat_critical` where it is critical, else after `repeat`.
    """

    min_orders: Annotated[Whole, _doc(GuardValues.min_orders.__doc__)] = 10
    min_spend_cents: Annotated[Whole, _doc(GuardValues.min_spend_cents.__doc__)] = 10_000
    min_new_customers: Annotated[Whole, _doc(GuardValues.min_new_customers.__doc__)] = 5
    min_impressions: Annotated[Whole, _doc(GuardValues.min_impressions.__doc__)] = 5_000
    min_sessions: Annotated[Whole, _doc(GuardValues.min_sessions.__doc__)] = 500
    min_margin_orders: Annotated[Whole, _doc(GuardValues.min_margin_orders.__doc__)] = 5
    min_identified_orders: Annotated[Whole, _doc(GuardValues.min_identified_orders.__doc__)] = 10
    attribution_lag_days: Annotated[
        int, Field(ge=0, le=30), _doc("By so many days the weeks of roas_below_one end earlier.")
    ] = 0
    keep_firing_for: Annotated[
        int, Field(ge=0, le=30), _doc("Days on which an alert need not fire and is no other one if it fires again.")
    ] = 2
    repeat_critical: Annotated[
        Span, _doc("After how long a critical alert that still fires is told again.", example="24h")
    ] = timedelta(hours=24)
    repeat: Annotated[Span, _doc("The same of all others.", example="7d")] = timedelta(days=7)

    @property
    def repeats(self) -> dict[str, timedelta]:
        """After how long an alert is told again, by its severity."""
        return {"critical": self.repeat_critical, "warning": self.repeat, "info": self.repeat}


class Warehouse(Section):
    """What the published database holds."""

    publish_staging: Annotated[bool, _doc("True: the staging tables too, in a schema of that name.")] = False


class Limits(Section):
    """Where calls are counted."""

    file: Annotated[
        Path | None,
        BeforeValidator(_path),
        _doc("One file for all homes that share an app or a Cloud project.", example="/srv/growthos/limits.sqlite"),
    ] = None


class Settings(Section):
    """All of it. `sources` and `notify` hold what is set for each source and target, secrets included."""

    reporting_timezone: Annotated[
        str, AfterValidator(_zone), _doc("Days are cut here; best in the zone of the shop or of the ad accounts.")
    ] = "UTC"
    currency: Annotated[
        Currency | None,
        _doc("The currency to report in, where no shop is connected that tells its own.", example="EUR"),
    ] = None
    exclude_sources: Annotated[
        tuple[str, ...], BeforeValidator(_tuple), _doc('Orders that do not count, by where they come from: ["pos"].')
    ] = ()
    sync: Sync = Sync()
    costs: Costs = Costs()
    fx: Annotated[
        dict[Currency, Rate],
        _doc("Shop currency for one unit of an ad account's, as text.", example={"EUR": "1.0840"}),
    ] = Field(default_factory=dict)
    calendar: Annotated[
        dict[date, str],
        BeforeValidator(_days),
        _doc("Days that explain a figure.", example={"2026-11-27": "Black Friday"}),
    ] = Field(default_factory=dict)
    alerts: Alerts = Alerts()
    kpis: Annotated[
        dict[Name, OwnKpi],
        _doc(
            "KPIs of your own: a formula over measures and other KPIs, and how its value is shown.",
            example={
                "profit_share": {
                    "formula": "(contribution_margin - ad_spend) / revenue_net",
                    "unit": "percent",
                    "label": "Profit share",
                }
            },
        ),
    ] = Field(default_factory=dict)
    rules: Annotated[
        dict[Name, OwnRule],
        _doc(
            "Other lines for the seven alert rules, and rules of your own.",
            example={"revenue_drop": {"falls": "25%", "for": 1}, "ctr_drop": {"enabled": False}},
        ),
    ] = Field(default_factory=dict)
    warehouse: Warehouse = Warehouse()
    limits: Limits = Limits()
    sources: dict[str, dict[str, str]] = Field(default_factory=dict, repr=False)
    notify: dict[str, dict[str, str]] = Field(default_factory=dict, repr=False)


def load(home: Home, environ: Mapping[str, str], *, toml: Toml | None = None, partly: bool = False) -> Settings:
    """The settings of a home; SettingsError names everything that is wrong with them.

    `toml` stands in for the file of the home before it is written. `partly`: a source or target that still lacks a
    setting is nothing wrong.
    """
    problems = Problems()
    toml, env = toml or read_toml(home), read_env(home, problems)
    known = find()
    general = {key: value for key, value in toml.values.items() if key not in known and key != "notify"}
    settings = _validate(notify.without_heartbeat(general), toml, [*_names(Settings), *known], problems)
    _read_own(settings, toml, problems)
    found = sources.read_sources(known, home, toml, env, environ, problems, partly=partly)
    told = notify.read_targets(home, toml, env, environ, problems, partly=partly)
    beats = settings.sync.model_copy(update=notify.read_heartbeat(home, toml, env, environ, problems))
    problems.stop()
    return settings.model_copy(update={"sources": found, "notify": told, "sync": beats})


def whence(home: Home, environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """For each source and target, the variables that are set and the place in which each was found; no value."""
    toml, env = read_toml(home), read_env(home, Problems())
    known = {name: one.settings for name, one in find().items()}
    return sources.whence({**known, **notify.declared(toml, env, environ)}, home, toml, env, environ)


def demo() -> Settings:
    """The settings of the demo shop: nothing of a home counts in it."""
    from growthos import demo as shop

    return Settings(sync=Sync(history=shop.DAYS), sources=shop.settings())


def demo_origins() -> dict[str, dict[str, str]]:
    """What is set for the demo shop's sources, in the form of `whence`."""
    given = demo().sources
    return {
        name: {one.env: "the demo" for one in source.settings if one.name in given.get(name, {})}
        for name, source in find().items()
    }


def connected(settings: Settings) -> "dict[str, type[Connector]]":
    """The sources whose settings are complete."""
    return {name: one for name, one in find().items() if not one.missing(settings.sources.get(name, {}))}


def not_connected(settings: Settings) -> dict[str, tuple[str, ...]]:
    """The other sources, each with the variables that it still needs."""
    missing = {name: one.missing(settings.sources.get(name, {})) for name, one in find().items()}
    return {name: names for name, names in missing.items() if names}


def _validate(general: Mapping[str, Any], toml: Toml, tables: list[str], problems: Problems) -> Settings:
    given = dict(general)
    if given.pop("sources", None) is not None:
        problems.add(toml.where("sources"), unknown("sources", tables))
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_context=False, include_input=False):
            keys = [str(part) for part in one["loc"] if not str(part).startswith("[")]
            what = one["msg"].removeprefix("Value error, ")
            if one["type"] == "extra_forbidden":
                what = unknown(keys[-1], tables if len(keys) == 1 else _names(_section(keys[:-1])))
            problems.add(toml.where(*keys), what[0].lower() + what[1:])
        return Settings()


def _read_own(settings: Settings, toml: Toml, problems: Problems) -> None:
    """What is wrong with formulas and lines, and with names that mean something already."""
    if not settings.kpis and not settings.rules:
        return
    from growthos import own, own_rules
    from growthos.rules import RULES

    def complain(keys: tuple[str, ...], what: str) -> None:
        problems.add(toml.where(*keys), what)

    taken = own.taken()
    tables = {"kpis": settings.kpis.keys() & taken, "rules": settings.rules.keys() & (taken - RULES.keys())}
    tables["rules"] |= settings.rules.keys() & settings.kpis.keys()
    for table, names in tables.items():
        for name in sorted(names):
            complain((table, name), "the name has a meaning already; choose another")
    known = own.kpis(settings.kpis, complain)
    watched = {name: one for name, one in settings.rules.items() if one.kpi in known or one.kpi not in settings.kpis}
    own_rules.rules(watched, known, complain)


def _section(keys: list[str]) -> type[BaseModel]:
    model: Any = Settings
    for key in keys:
        tables = get_args(model)  # whatever the names of these tables are
        model = tables[1] if tables else model.model_fields[key].annotation
    return cast("type[BaseModel]", model)


def _names(model: type[BaseModel]) -> list[str]:
    return [one.alias or name for name, one in model.model_fields.items() if name != "sources"]

"""What is asked of Google Ads, in its query language, and the little of each answer that must be understood."""

from dataclasses import dataclass, field

from growthos.connectors.camel import Camel

ENABLED = "ENABLED"

# POST /v26/customers/<customer>/googleAds:searchStream {"query": "…"}
CUSTOMER = (
    "SELECT customer.id, customer.descriptive_name, customer.currency_code, customer.time_zone, customer.manager,"
    " customer.test_account, customer.auto_tagging_enabled, customer.status FROM customer LIMIT 1"
)
# Asked of a manager account: what is below it, at any depth, itself included.
CLIENTS = (
    "SELECT customer_client.id, customer_client.descriptive_name, customer_client.manager, customer_client.status"
    " FROM customer_client"
)
# What exists is asked for without metrics and without segments: with them, what brought nothing is left out.
CAMPAIGNS = (
    "SELECT customer.id, campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type"
    " FROM campaign ORDER BY campaign.id"
)
CONVERSION_ACTIONS = (
    "SELECT conversion_action.id, conversion_action.name, conversion_action.primary_for_goal,"
    " conversion_action.click_through_lookback_window_days, conversion_action.view_through_lookback_window_days"
    " FROM conversion_action WHERE conversion_action.status = 'ENABLED'"
)
ADS = (
    "SELECT campaign.id, ad_group.id, ad_group.name, ad_group_ad.ad.id, ad_group_ad.ad.name, ad_group_ad.ad.type,"
    " ad_group_ad.ad.responsive_search_ad.headlines, ad_group_ad.status FROM ad_group_ad"
)
KEYWORDS = (
    "SELECT campaign.id, ad_group.id, ad_group_criterion.criterion_id, ad_group_criterion.keyword.text,"
    " ad_group_criterion.keyword.match_type, ad_group_criterion.status FROM ad_group_criterion"
    " WHERE ad_group_criterion.type = 'KEYWORD' AND ad_group_criterion.negative = FALSE"
)
CAMPAIGN_METRICS = (
    "SELECT segments.date, customer.id, customer.currency_code, campaign.id, campaign.name, campaign.status,"
    " campaign.advertising_channel_type, metrics.impressions, metrics.clicks, metrics.cost_micros,"
    " metrics.conversions, metrics.conversions_value"
    " FROM campaign WHERE segments.date BETWEEN '{first}' AND '{last}' ORDER BY segments.date, campaign.id"
)
CUSTOMER_METRICS = (
    "SELECT segments.date, customer.currency_code, metrics.impressions, metrics.clicks, metrics.cost_micros"
    " FROM customer WHERE segments.date BETWEEN '{first}' AND '{last}'"
)
AD_METRICS = (
    "SELECT segments.date, customer.currency_code, campaign.id, ad_group.id, ad_group_ad.ad.id, ad_group_ad.ad.name,"
    " metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions, metrics.conversions_value"
    " FROM ad_group_ad WHERE segments.date BETWEEN '{first}' AND '{last}'"
)
KEYWORD_METRICS = (
    "SELECT segments.date, customer.currency_code, campaign.id, ad_group.id, ad_group_criterion.criterion_id,"
    " ad_group_criterion.keyword.text, ad_group_criterion.keyword.match_type, metrics.impressions, metrics.clicks,"
    " metrics.cost_micros, metrics.conversions, metrics.conversions_value"
    " FROM keyword_view WHERE segments.date BETWEEN '{first}' AND '{last}'"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is only counted."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of an answer, of which the rows are counted."""

    results: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Customer(Camel):
    """What must be known of the account itself. Its id is text, and a number would be the same one."""

    id: str | int | None = None
    currency_code: str | None = None
    time_zone: str | None = None
    manager: bool | None = None
    test_account: bool | None = None
    auto_tagging_enabled: bool | None = None
    status: str | None = ENABLED


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A row about the account."""

    customer: Customer


@dataclass(frozen=True, slots=True)
class CustomerChunk:
    """A chunk of the account's answer."""

    results: list[CustomerRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Client(Camel):
    """An account below a manager."""

    id: int
    descriptive_name: str | None = None
    manager: bool | None = None
    status: str | None = ENABLED

    @property
    def enabled(self) -> bool:
        """Whether it may be asked for results."""
        return self.status in {ENABLED, None}

    def __str__(self) -> str:
        return f"{self.id} ({', '.join(word for word in (self.descriptive_name, (self.status or '').lower()) if word)})"


@dataclass(frozen=True, slots=True)
class ClientRow(Camel):
    """A row about an account below a manager."""

    customer_client: Client


@dataclass(frozen=True, slots=True)
class ClientChunk:
    """A chunk of the answer of a manager account."""

    results: list[ClientRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Action(Camel):
    """How long one kind of conversion is credited to a click."""

    primary_for_goal: bool | None = None
    click_through_lookback_window_days: int | None = None


@dataclass(frozen=True, slots=True)
class ActionRow(Camel):
    """A row about a conversion action."""

    conversion_action: Action


@dataclass(frozen=True, slots=True)
class ActionChunk:
    """A chunk of the conversion actions' answer."""

    results: list[ActionRow] = field(default_factory=list)

"""Meta's entities by the states that they can be in, and its daily reports: what is asked for at each level."""

import json
from dataclasses import dataclass

from growthos.period import Period

CAMPAIGN_STATES = ("ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "IN_PROCESS", "WITH_ISSUES")
ADSET_STATES = (*CAMPAIGN_STATES, "CAMPAIGN_PAUSED")
AD_STATES = (
    *ADSET_STATES,
    *("ADSET_PAUSED", "DISAPPROVED", "PENDING_REVIEW", "PENDING_BILLING_INFO", "PREAPPROVED"),
)
ROWS_PER_PAGE = 500
ATTRIBUTION = {
    "action_attribution_windows": json.dumps(["1d_click", "7d_click", "1d_view"]),
    "action_report_time": "mixed",
    "use_unified_attribution_setting": "true",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A report by day. `states` are those of the level's entities that are wanted; none, where all there is counts."""

    stream: str
    level: str
    fields: str
    states: tuple[str, ...] = ()

    def params(self, days: Period) -> dict[str, str]:
        """What is asked; lists and objects are JSON text, both ends of the range are included."""
        asked = {
            "level": self.level,
            "time_increment": "1",
            "time_range": json.dumps({"since": days.first.isoformat(), "until": days.last.isoformat()}),
            "fields": self.fields,
        }
        if not self.states:
            return asked
        states = [{"field": f"{self.level}.effective_status", "operator": "IN", "value": self.states}]
        return asked | ATTRIBUTION | {"filtering": json.dumps(states)}


CAMPAIGN_INSIGHTS = Report(
    "campaign_insights",
    "campaign",
    "account_id,account_currency,campaign_id,campaign_name,objective,date_start,date_stop,impressions,reach,frequency,"
    "clicks,inline_link_clicks,outbound_clicks,spend,actions,action_values,purchase_roas,attribution_setting,"
    "created_time,updated_time",
    CAMPAIGN_STATES,
)
AD_INSIGHTS = Report(
    "ad_insights",
    "ad",
    "account_id,account_currency,campaign_id,adset_id,ad_id,ad_name,date_start,date_stop,impressions,clicks,"
    "inline_link_clicks,spend,actions,action_values,attribution_setting",
    AD_STATES,
)
ACCOUNT_INSIGHTS = Report(
    "account_insights",
    "account",
    "account_id,account_currency,date_start,date_stop,spend,impressions,clicks,inline_link_clicks",
)

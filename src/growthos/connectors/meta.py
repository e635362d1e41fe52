"""Meta Ads, by the Marketing API: the account, its campaigns, and their results by day."""

API_VERSION = "v26.0"
CAMPAIGN_STATES = ("ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "IN_PROCESS", "WITH_ISSUES")

# GET /v26.0/act_<account>
ACCOUNT_FIELDS = "id,account_id,name,currency,timezone_name"
# GET /v26.0/act_<account>/campaigns?fields=…&effective_status=[…]&limit=200[&after=…]
CAMPAIGN_FIELDS = "id,account_id,name,objective,status,effective_status"
# GET /v26.0/act_<account>/insights?level=campaign&time_increment=1&time_range={"since":"…","until":"…"}&fields=…
#   &action_attribution_windows=["1d_click","7d_click","1d_view"]&action_report_time=mixed
#   &use_unified_attribution_setting=true
#   &filtering=[{"field":"campaign.effective_status","operator":"IN","value":[…]}]&limit=500[&after=…]
INSIGHT_FIELDS = (
    "account_id,account_currency,campaign_id,campaign_name,objective,date_start,date_stop,impressions,reach,frequency,"
    "clicks,inline_link_clicks,outbound_clicks,spend,actions,action_values,purchase_roas,attribution_setting,"
    "created_time,updated_time"
)

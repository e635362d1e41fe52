"""Google Ads, by the REST API: the customer, its campaigns and conversion actions, and results by day."""

API_VERSION = "v26"

# POST /v26/customers/<customer>/googleAds:searchStream {"query": "…"}
CUSTOMER = "SELECT customer.id, customer.descriptive_name, customer.currency_code, customer.time_zone, customer.manager, customer.status FROM customer LIMIT 1"  # noqa: E501
CAMPAIGNS = "SELECT customer.id, campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type FROM campaign ORDER BY campaign.id"  # noqa: E501
CONVERSION_ACTIONS = (
    "SELECT conversion_action.id, conversion_action.name, conversion_action.primary_for_goal,"
    " conversion_action.click_through_lookback_window_days, conversion_action.view_through_lookback_window_days"
    " FROM conversion_action WHERE conversion_action.status = 'ENABLED'"
)
CAMPAIGN_METRICS = (
    "SELECT segments.date, customer.id, customer.currency_code, campaign.id, campaign.name, campaign.status,"
    " campaign.advertising_channel_type, metrics.impressions, metrics.clicks, metrics.cost_micros,"
    " metrics.conversions, metrics.conversions_value"
    " FROM campaign WHERE segments.date BETWEEN '{first}' AND '{last}' ORDER BY segments.date, campaign.id"
)

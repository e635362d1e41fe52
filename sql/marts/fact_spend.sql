-- Ad spend by day and campaign, the only source of totals. Rows without an exchange rate are not in here.
-- grain: date_key, campaign_key
select
    spend.date as date_key,
    spend.campaign_key,
    campaigns.channel_key,
    spend.spend_cents,
    spend.spend_original,
    spend.currency,
    spend.impressions,
    spend.clicks,
    spend.clicks_all,
    spend.conversions,
    spend.conversion_value_cents,
    spend.attribution_window
from spend_converted as spend
inner join dim_campaign as campaigns using (campaign_key)
where spend.level = 'campaign' and spend.spend_cents is not null

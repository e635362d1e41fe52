-- Ad spend by day and ad: a closer look at fact_spend, never added to it, and less than it where a campaign has no ads.
-- grain: date_key, ad_key
select
    spend.date as date_key,
    spend.item_key as ad_key,
    ads.campaign_key,
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
inner join dim_ad as ads on ads.ad_key = spend.item_key
inner join dim_campaign as campaigns on campaigns.campaign_key = ads.campaign_key
where spend.level = 'ad' and spend.spend_cents is not null

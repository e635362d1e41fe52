-- Ad spend by day and keyword: a closer look at fact_spend, never added to it nor to that of ads.
-- grain: date_key, keyword_key
select
    spend.date as date_key,
    spend.item_key as keyword_key,
    keywords.campaign_key,
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
inner join dim_keyword as keywords on keywords.keyword_key = spend.item_key
inner join dim_campaign as campaigns on campaigns.campaign_key = keywords.campaign_key
where spend.level = 'keyword' and spend.spend_cents is not null

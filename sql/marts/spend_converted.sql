-- Ad spend in the shop's currency by day and campaign, ad or keyword; without a rate the amounts are null.
-- grain: level, item_key, date
-- temporary
-- expects: stg__spend(account_id varchar, campaign_id varchar, campaign_name varchar, currency varchar)
-- expects: stg__spend(spend_original decimal(18, 6), impressions bigint, clicks bigint, clicks_all bigint)
-- expects: stg__spend(conversions decimal(18, 6), conversion_value_original decimal(24, 12), date date, source varchar)
-- expects: stg__spend(platform varchar, attribution_window varchar)
-- expects: stg__ad_spend(account_id varchar, campaign_id varchar, ad_group_id varchar, ad_id varchar, ad_name varchar)
-- expects: stg__ad_spend(currency varchar, spend_original decimal(18, 6), impressions bigint, clicks bigint)
-- expects: stg__ad_spend(clicks_all bigint, conversions decimal(18, 6), conversion_value_original decimal(24, 12))
-- expects: stg__ad_spend(date date, source varchar, platform varchar, attribution_window varchar)
-- expects: stg__keyword_spend(account_id varchar, campaign_id varchar, ad_group_id varchar, criterion_id varchar)
-- expects: stg__keyword_spend(keyword_id varchar, text varchar, match_type varchar, currency varchar)
-- expects: stg__keyword_spend(spend_original decimal(18, 6), impressions bigint, clicks bigint)
-- expects: stg__keyword_spend(conversions decimal(18, 6), conversion_value_original decimal(24, 12), date date)
-- expects: stg__keyword_spend(source varchar, platform varchar)
with levels as (

    select *, 'campaign' as level, platform || ':' || campaign_id as item_key
    from stg__spend

    union all by name

    select *, 'ad' as level, platform || ':ad:' || ad_id as item_key
    from stg__ad_spend

    union all by name

    select *, 'keyword' as level, platform || ':' || keyword_id as item_key
    from stg__keyword_spend

),

spend as (

    select
        levels.* exclude (currency),
        levels.platform || ':' || levels.campaign_id as campaign_key,
        coalesce(levels.currency, accounts.currency) as currency
    from levels
    left join stg__accounts as accounts using (source, account_id)

)

select
    spend.level,
    spend.item_key,
    spend.source,
    spend.campaign_key,
    spend.platform,
    spend.account_id,
    spend.campaign_id,
    spend.campaign_name,
    spend.ad_group_id,
    spend.ad_id,
    spend.ad_name,
    spend.text,
    spend.match_type,
    spend.currency,
    spend.attribution_window,
    spend.spend_original,
    round(spend.spend_original::decimal(38, 6) * rates.rate * 100)::bigint as spend_cents,
    round(spend.conversion_value_original::decimal(38, 12) * rates.rate * 100)::bigint as conversion_value_cents,
    spend.impressions,
    spend.clicks,
    coalesce(spend.clicks_all, spend.clicks) as clicks_all,
    spend.conversions,
    spend.date
from spend
left join exchange_rates as rates
    on rates.currency = spend.currency
    and (rates.day is null or rates.day = spend.date)

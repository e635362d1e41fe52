-- Ad spend in the shop's currency, one row per campaign and day; without a rate the amounts are null.
-- grain: campaign_key, date
-- temporary
with spend as (

    select
        spend.* exclude (currency),
        spend.platform || ':' || spend.campaign_id as campaign_key,
        coalesce(spend.currency, accounts.currency) as currency
    from stg__spend as spend
    left join stg__accounts as accounts using (source, account_id)

)

select
    spend.source,
    spend.campaign_key,
    spend.platform,
    spend.account_id,
    spend.campaign_id,
    spend.campaign_name,
    spend.currency,
    spend.attribution_window,
    spend.spend_original,
    round(spend.spend_original::decimal(38, 6) * rates.rate * 100)::bigint as spend_cents,
    round(spend.conversion_value_original::decimal(38, 12) * rates.rate * 100)::bigint as conversion_value_cents,
    spend.impressions,
    spend.clicks,
    spend.clicks_all,
    spend.conversions,
    spend.date
from spend
left join exchange_rates as rates
    on rates.currency = spend.currency
    and (rates.day is null or rates.day = spend.date)

-- What each reading of a day came to, of campaigns. The account is written `account@run`, so that no reading hides
-- another.
-- grain: source, account_id, date, measure
with days as (

    select
        source,
        account_id,
        date,
        sum(spend_original)::decimal(38, 12) as spend,
        sum(impressions)::decimal(38, 12) as impressions,
        sum(clicks)::decimal(38, 12) as clicks,
        sum(conversions)::decimal(38, 12) as conversions,
        sum(conversion_value_original)::decimal(38, 12) as conversion_value
    from stg__spend
    group by source, account_id, date

)

select
    source,
    account_id,
    date,
    unnest(['spend', 'impressions', 'clicks', 'conversions', 'conversion_value']) as measure,
    unnest([spend, impressions, clicks, conversions, conversion_value]) as value
from days

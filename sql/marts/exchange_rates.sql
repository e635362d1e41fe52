-- What a unit of a currency is worth in the shop's, by day; a null day means all days.
-- grain: every row
-- temporary
with settings as (

    select
        unnest(getvariable('fx')).currency as currency,
        unnest(getvariable('fx')).day as day,
        unnest(getvariable('fx')).rate as rate

)

select
    settings.currency,
    settings.day,
    settings.rate
from settings
anti join shop_currency using (currency)

union all

select
    currency,
    null::date as day,
    1::decimal(24, 12) as rate
from shop_currency

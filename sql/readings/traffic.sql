-- What each reading of a day came to, of visits. The account is written `account@run`.
-- grain: source, account_id, date, measure
with days as (

    select
        source,
        account_id,
        date,
        sum(sessions)::decimal(38, 12) as sessions,
        sum(purchases)::decimal(38, 12) as purchases,
        sum(purchase_revenue_original)::decimal(38, 12) as purchase_revenue
    from stg__traffic
    group by source, account_id, date

)

select
    source,
    account_id,
    date,
    unnest(['sessions', 'purchases', 'purchase_revenue']) as measure,
    unnest([sessions, purchases, purchase_revenue]) as value
from days

-- The currency of every amount in the marts: the shop's, else the setting's, else the one that all accounts share.
-- grain: currency
-- temporary
-- expects: stg__shops(source varchar, account_id varchar, name varchar, currency varchar, time_zone varchar)
-- expects: stg__shops(internal_host varchar, primary_host varchar)
with shops as (

    select min(currency) as currency
    from stg__shops

),

accounts as (

    select case when count(distinct currency) = 1 then min(currency) end as currency
    from stg__accounts

)

select coalesce(shops.currency, getvariable('currency'), accounts.currency) as currency
from shops
cross join accounts

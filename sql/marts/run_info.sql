-- The run that made these tables, and what they cover.
-- grain: run_id
-- whole
with beginning as (

    select greatest(getvariable('history_lower_bound')::timestamp, min(created_at)) as history_start
    from order_days

)

select
    getvariable('run_id') as run_id,
    getvariable('run_started_at') as started_at,
    getvariable('run_finished_at') as finished_at,
    getvariable('data_through') as data_through,
    beginning.history_start,
    getvariable('reporting_timezone') as timezone,
    shop_currency.currency,
    getvariable('config_hash') as config_hash
from beginning
cross join shop_currency

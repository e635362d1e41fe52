-- What a variant cost, and from which run to which its lines must have been loaded first for that cost to be theirs.
-- A reading holds for lines first loaded since the reading before it; the last one for all later too.
-- grain: product_key, from_run
-- temporary
with readings as (

    select
        product_key,
        unit_cost_cents,
        run,
        row_number() over product
            - row_number() over (partition by product_key, unit_cost_cents order by run) as stretch
    from stg__unit_costs
    window product as (partition by product_key order by run)

),

-- Readings in a row that say the same are one.
stretches as (

    select
        product_key,
        unit_cost_cents,
        max(run) as to_run
    from readings
    group by product_key, unit_cost_cents, stretch

)

select
    product_key,
    unit_cost_cents,
    coalesce(lag(to_run) over product + 1, 0) as from_run,
    case when lead(to_run) over product is null then 9223372036854775807 else to_run end as to_run
from stretches
window product as (partition by product_key order by to_run)

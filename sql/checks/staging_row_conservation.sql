-- Every record of raw is staged or rejected, once, and every staged order is in the marts.
-- severity: critical
select concat(source, ' ', entity, ': ', raw - duplicate, ' records, ', staged + rejected, ' accounted for') as key
from run_rows
where raw - duplicate != staged + rejected
union all
select 'staged and not in fact_orders: ' || order_key as key from stg__orders anti join fact_orders using (order_key)
union all
select 'in fact_orders and not staged: ' || order_key as key from fact_orders anti join stg__orders using (order_key)
union all
select fact || ' is empty' as key
from empty_facts
where not exists (
    -- What has no exchange rate is staged and, on purpose, not in the marts.
    select 1
    from spend_converted
    where fact = 'fact_spend' and spend_cents is null
)

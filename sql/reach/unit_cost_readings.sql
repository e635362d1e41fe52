-- Orders with a line of a variant that was first loaded in a run for which the variant's cost is now another. A variant
-- that was never read before was not listed.
-- grain: order_key
with moved as (

    select
        now.product_key,
        min(greatest(now.from_run, before.from_run)) as from_run,
        max(least(now.to_run, before.to_run)) as to_run
    from changes as now
    inner join changes as before
        on before.product_key = now.product_key
        and before.from_run <= now.to_run
        and before.to_run >= now.from_run
        and before.unit_cost_cents is distinct from now.unit_cost_cents
    where now.is_new and not before.is_new
    group by now.product_key

),

-- A line was first loaded with one of its order's versions.
versions as (

    select
        order_id,
        unnest([id_of(one.variant.id) for one in lineItems.nodes]) as variant_id,
        run
    from stg_shopify__order_versions
    where run between (select min(from_run) from moved) and (select max(to_run) from moved)

    union all

    select
        order_id,
        id_of(record.variant.id) as variant_id,
        run
    from stg_shopify__line_overflow
    where run between (select min(from_run) from moved) and (select max(to_run) from moved)

),

lost as (

    select distinct product_key
    from changes
    where not is_new
    except
    select product_key
    from changes
    where is_new

)

select 'shopify:' || versions.order_id as order_key
from versions
inner join moved on moved.product_key = 'shopify:' || versions.variant_id
union
select lines.order_key
from unlisted_lines as lines
semi join changes using (product_key)
union
select lines.order_key
from fact_order_lines as lines
semi join lost using (product_key)

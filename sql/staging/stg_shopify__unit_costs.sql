-- What a variant cost each time it was read, once per run: the frozen cost of a line is found in here.
-- grain: product_key, run
with variant_of as (

    select
        inventory_item_id,
        arg_max(variant_id, (run, seq, page, position)) as variant_id
    from stg_shopify__variant_versions
    where inventory_item_id is not null
    group by inventory_item_id

),

readings as (

    select
        variant_id,
        run,
        false as is_own_stream,
        seq,
        page,
        position,
        fetched_at,
        record.inventoryItem.updatedAt as version,
        coalesce(
            record.inventoryItem.unitCost.amount,
            case when record.inventoryItem.unitCost is not null then 'no amount' end
        ) as unit_cost
    from stg_shopify__variant_versions

    union all by name

    select
        variant_of.variant_id,
        inventory.run,
        true as is_own_stream,
        inventory.seq,
        inventory.page,
        inventory.position,
        inventory.fetched_at,
        inventory.version,
        inventory.unit_cost
    from stg_shopify__inventory_readings as inventory
    inner join variant_of using (inventory_item_id)

),

records as (

    select
        concat(variant_id, '/', run) as external_id,
        *
    from readings

),

latest as (

    select *
    from records
    qualify row_number() over (
        partition by variant_id, run
        order by utc(version) desc nulls last, is_own_stream desc, seq desc, page desc, position desc
    ) = 1

)

select
    external_id,
    'shopify' as source,
    'shopify:' || variant_id as product_key,
    run,
    cents(unit_cost) as unit_cost_cents,
    fetched_at as seen_at,
    not_a_number(unit_cost, cents(unit_cost), 'unit_cost') as reject_reason,
    null::varchar as payload
from latest

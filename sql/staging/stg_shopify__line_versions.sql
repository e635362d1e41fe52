-- Every line of every version of an order, nested or read page by page; `is_latest` marks those of the order that counts.
-- grain: line_id, order_id, seq, page, position
-- temporary
with nested as (

    select
        orders.order_id,
        orders.version,
        orders.run,
        orders.seq,
        orders.page,
        unnest(orders.lineItems.nodes) as record,
        1000 * orders.position + generate_subscripts(orders.lineItems.nodes, 1) as position,
        latest.order_id is not null as is_latest
    from stg_shopify__order_versions as orders
    left join stg_shopify__latest_orders as latest using (order_id, seq, page, position)

),

lines as (

    select * from nested

    union all by name

    select
        overflow.* exclude (account),
        latest.order_id is not null as is_latest
    from stg_shopify__line_overflow as overflow
    left join stg_shopify__latest_orders as latest
        on latest.order_id = overflow.order_id
        and latest.version is not distinct from overflow.version

)

select
    coalesce(id_of(record.id), concat('page ', seq, '/', page, '/', position)) as line_id,
    *
from lines
where record is not null

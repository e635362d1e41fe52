-- Every line of every version of an order, nested or read page by page; `is_latest` marks those of the order that counts.
-- grain: line_id, order_id, seq, page, position
-- temporary
with overflow_pages as (

    select
        run,
        seq,
        page,
        try(from_json(decode(body), '{"data": {"order": {
            "id": "VARCHAR",
            "updatedAt": "VARCHAR",
            "lineItems": {"nodes": [{
                "id": "VARCHAR",
                "title": "VARCHAR",
                "sku": "VARCHAR",
                "quantity": "VARCHAR",
                "isGiftCard": "VARCHAR",
                "requiresShipping": "VARCHAR",
                "product": {"id": "VARCHAR", "productType": "VARCHAR"},
                "variant": {"id": "VARCHAR"},
                "originalUnitPriceSet": {"shopMoney": {"amount": "VARCHAR"}},
                "discountAllocations": [{"allocatedAmountSet": {"shopMoney": {"amount": "VARCHAR"}}}],
                "taxLines": [{"priceSet": {"shopMoney": {"amount": "VARCHAR"}}}]
            }]}
        }}}')).data.order as parent
    from raw_shopify__order_line_items

),

overflow as (

    select
        id_of(parent.id) as order_id,
        parent.updatedAt as version,
        run,
        seq,
        page,
        unnest(parent.lineItems.nodes) as record,
        generate_subscripts(parent.lineItems.nodes, 1) as position
    from overflow_pages

),

nested as (

    select
        orders.order_id,
        orders.version,
        orders.run,
        orders.seq,
        orders.page,
        unnest(orders.record.lineItems.nodes) as record,
        1000 * orders.position + generate_subscripts(orders.record.lineItems.nodes, 1) as position,
        latest.order_id is not null as is_latest
    from stg_shopify__order_versions as orders
    left join stg_shopify__latest_orders as latest using (order_id, seq, page, position)

),

lines as (

    select * from nested

    union all by name

    select
        overflow.*,
        latest.order_id is not null as is_latest
    from overflow
    left join stg_shopify__latest_orders as latest
        on latest.order_id = overflow.order_id
        and latest.version is not distinct from overflow.version

)

select
    coalesce(id_of(record.id), concat('page ', seq, '/', page, '/', position)) as line_id,
    *
from lines
where record is not null

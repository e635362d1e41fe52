-- What was charged for sending an order that counts: its shipping lines that were not removed, added up.
-- grain: order_id
-- temporary
with lines as (

    select
        order_id,
        seq,
        page,
        unnest(shippingLines.nodes) as record
    from stg_shopify__order_versions
    semi join stg_shopify__latest_orders using (order_id, seq, page, position)

    union all by name

    select overflow.* exclude (version, account)
    from stg_shopify__shipping_overflow as overflow
    inner join stg_shopify__latest_orders as latest
        on latest.order_id = overflow.order_id
        and latest.version is not distinct from overflow.version

),

charged as (

    select
        order_id,
        record.discountedPriceSet.shopMoney.amount as price,
        [one.priceSet.shopMoney.amount for one in record.taxLines] as taxes,
        regexp_replace(lower(record.deliveryCategory), '[^a-z]', '', 'g') as category,
        record.deliveryCategory as category_text
    from lines
    where
        record is not null
        and coalesce(record.isRemoved, 'false') != 'true'
    qualify row_number() over (partition by order_id, record.id order by seq desc, page desc) = 1

)

-- The values of deliveryCategory are not documented: pick-up is told by its name, and an unknown name is reported.
select
    order_id,
    cents(total(list(price))) as shipping_cents,
    cents(total(flatten(list(taxes)))) as shipping_tax_cents,
    bool_or(coalesce(category like '%pickup%' or category = 'instore', false)) as is_pickup,
    max(category_text) filter (
        where category not like '%pickup%' and category not in ('', 'instore', 'shipping', 'local', 'localdelivery', 'delivery')
    ) as unknown_delivery
from charged
group by order_id

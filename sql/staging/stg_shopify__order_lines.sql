-- Lines of Shopify orders. Amounts are as delivered: with tax where the order's prices include it.
-- grain: line_key
with records as (

    select line_id as external_id
    from stg_shopify__line_versions
    where is_latest

)

select
    lines.line_id as external_id,
    'shopify' as source,
    'shopify:' || lines.line_id as line_key,
    'shopify:' || lines.order_id as order_key,
    'shopify:' || lines.variant_id as product_key,
    lines.product_id,
    lines.variant_id,
    lines.product_type,
    lines.title,
    lines.sku,
    lines.first_run,
    lines.quantity,
    lines.unit_price_cents,
    lines.amount_cents,
    lines.discount_cents,
    lines.tax_cents,
    lines.is_gift_card,
    lines.requires_shipping,
    coalesce(lines.reason, orders.reason) as reject_reason,
    case when orders.reason is not null then to_json(lines)::varchar end as payload
from stg_shopify__line_records as lines
inner join stg_shopify__order_records as orders using (order_id)

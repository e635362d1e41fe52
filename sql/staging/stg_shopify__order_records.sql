-- The orders that count, typed, with the reason why an order is no good, be it one of its lines.
-- grain: order_id
-- temporary
with bad_lines as (

    select
        order_id,
        min(reason) as reason
    from stg_shopify__line_records
    where reason is not null
    group by order_id

),

typed as (

    select
        orders.order_id,
        orders.record,
        utc(orders.record.createdAt) as created_at,
        utc(nullif(orders.record.processedAt, '')) as processed_at,
        utc(orders.record.updatedAt) as updated_at,
        cents(orders.record.subtotalPriceSet.shopMoney.amount) as subtotal_cents,
        cents(orders.record.totalTaxSet.shopMoney.amount) as tax_cents,
        cents(orders.record.totalTipReceivedSet.shopMoney.amount) as tip_cents,
        cents(orders.record.originalTotalDutiesSet.shopMoney.amount) as duties_cents,
        cents(orders.record.originalTotalAdditionalFeesSet.shopMoney.amount) as fees_cents,
        cents(orders.record.totalPriceSet.shopMoney.amount) as total_cents,
        shipping.order_id is null or shipping.shipping_cents is not null as has_shipping_amount,
        shipping.shipping_cents,
        shipping.shipping_tax_cents,
        shipping.is_pickup,
        shipping.unknown_delivery
    from stg_shopify__order_versions as orders
    left join stg_shopify__shipping_records as shipping using (order_id)
    where orders.is_latest

)

select
    typed.*,
    coalesce(
        missing(typed.record.id, 'order_id'),
        not_a_time(typed.record.processedAt, typed.processed_at, 'processed_at'),
        missing(coalesce(nullif(typed.record.processedAt, ''), typed.record.createdAt), 'processed_at'),
        not_a_time(typed.record.createdAt, typed.created_at, 'created_at'),
        missing(typed.record.updatedAt, 'updated_at'),
        not_a_time(typed.record.updatedAt, typed.updated_at, 'updated_at'),
        missing(typed.record.totalPriceSet.shopMoney.amount, 'total'),
        not_a_number(typed.record.totalPriceSet.shopMoney.amount, typed.total_cents, 'total'),
        not_a_number(typed.record.subtotalPriceSet.shopMoney.amount, typed.subtotal_cents, 'subtotal'),
        not_a_number(typed.record.totalTaxSet.shopMoney.amount, typed.tax_cents, 'tax'),
        not_a_number(typed.record.totalTipReceivedSet.shopMoney.amount, typed.tip_cents, 'tip'),
        not_a_number(typed.record.originalTotalDutiesSet.shopMoney.amount, typed.duties_cents, 'duties'),
        not_a_number(typed.record.originalTotalAdditionalFeesSet.shopMoney.amount, typed.fees_cents, 'fees'),
        case when not typed.has_shipping_amount then 'not_a_number:shipping' end,
        bad_lines.reason
    ) as reason
from typed
left join bad_lines using (order_id)

-- Refunds of Shopify orders, with what they gave back beside lines: shipping, and adjustments as delivered.
-- grain: refund_key
with records as (

    select unnest([coalesce(id_of(one.id), 'of order ' || order_id) for one in refunds]) as external_id
    from stg_shopify__order_versions
    semi join stg_shopify__latest_orders using (order_id, seq, page, position)

)

select
    refund_id as external_id,
    'shopify' as source,
    'shopify:refund:' || refund_id as refund_key,
    'shopify:' || order_id as order_key,
    refund_id,
    shipping_cents,
    shipping_tax_cents,
    adjustment_cents,
    adjustment_tax_cents,
    refunded_cents,
    refunded_at,
    day_of(refunded_at) as refund_date,
    reason as reject_reason,
    case when reason is not null then to_json(refunds)::varchar end as payload
from stg_shopify__refund_records as refunds

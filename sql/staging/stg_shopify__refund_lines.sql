-- Lines of Shopify refunds. Amounts are as delivered: with tax where the order's prices include it.
-- grain: refund_line_key
with records as (

    select
        coalesce(id_of(record.id), concat(refund_id, '/', position)) as external_id,
        *
    from (
        select
            order_id,
            refund_id,
            refunded_at,
            reason as refund_reason,
            unnest(lines) as record,
            generate_subscripts(lines, 1) as position
        from stg_shopify__refund_records
    ) as refund_lines

),

latest as (

    select *
    from records
    qualify row_number() over (partition by external_id order by position desc) = 1

)

select
    external_id,
    'shopify' as source,
    'shopify:' || external_id as refund_line_key,
    'shopify:refund:' || refund_id as refund_key,
    'shopify:' || order_id as order_key,
    'shopify:' || id_of(record.lineItem.id) as line_key,
    refund_id,
    record.restockType as restock_type,
    whole(record.quantity) as quantity,
    cents(record.subtotalSet.shopMoney.amount) as subtotal_cents,
    coalesce(cents(record.totalTaxSet.shopMoney.amount), 0) as tax_cents,
    day_of(refunded_at) as refund_date,
    coalesce(
        refund_reason,
        missing(record.quantity, 'quantity'),
        not_a_number(record.quantity, whole(record.quantity), 'quantity'),
        missing(record.subtotalSet.shopMoney.amount, 'subtotal'),
        not_a_number(record.subtotalSet.shopMoney.amount, cents(record.subtotalSet.shopMoney.amount), 'subtotal'),
        not_a_number(record.totalTaxSet.shopMoney.amount, cents(record.totalTaxSet.shopMoney.amount), 'tax')
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from latest

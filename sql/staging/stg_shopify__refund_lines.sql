-- Lines of Shopify refunds. Amounts are as delivered: with tax where the order's prices include it.
-- grain: refund_line_key
with refund_lines as (

    select
        order_id,
        refund_id,
        refunded_at,
        reason as refund_reason,
        unnest(lines) as record,
        generate_subscripts(lines, 1) as position
    from stg_shopify__refund_records

),

records as (

    select
        coalesce(id_of(record.id), concat(refund_id, '/', position)) as external_id,
        *
    from refund_lines
    where record is not null

),

latest as (

    select *
    from records
    qualify row_number() over (partition by external_id order by position desc) = 1

),

typed as (

    select
        *,
        record.subtotalSet.shopMoney.amount as subtotal,
        record.totalTaxSet.shopMoney.amount as tax,
        whole(record.quantity) as quantity,
        cents(record.subtotalSet.shopMoney.amount) as subtotal_cents,
        cents(record.totalTaxSet.shopMoney.amount) as tax_cents
    from latest

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
    quantity,
    subtotal_cents,
    coalesce(tax_cents, 0) as tax_cents,
    day_of(refunded_at) as refund_date,
    coalesce(
        refund_reason,
        missing(record.quantity, 'quantity'),
        not_a_number(record.quantity, quantity, 'quantity'),
        missing(subtotal, 'subtotal'),
        not_a_number(subtotal, subtotal_cents, 'subtotal'),
        not_a_number(tax, tax_cents, 'tax'),
        unread(record.totalTaxSet, tax, 'tax'),
        unread(record.lineItem, id_of(record.lineItem.id), 'line_id')
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from typed

-- Of each refund what is added up by day: what it came to by its parts and by its own word.
-- grain: refund_key
-- temporary
-- lasting
with lines as (

    select
        lines.refund_key,
        sum(lines.subtotal_cents + case when orders.taxes_included then 0 else lines.tax_cents end)::bigint as cents
    from stg__refund_lines as lines
    inner join stg__orders as orders using (order_key)
    group by lines.refund_key

)

select
    refunds.refund_key,
    refunds.order_key,
    -- A number, as the order of a few refunds is found sooner by it among many.
    hash(refunds.source || ':' || refunds.refund_id) as refund_place,
    refunds.source,
    refunds.refund_date,
    orders.currency,
    coalesce(lines.cents, 0) - refunds.adjustment_cents - refunds.adjustment_tax_cents + refunds.shipping_cents
        + case when orders.taxes_included then 0 else refunds.shipping_tax_cents end as parts_cents,
    refunds.refunded_cents
from stg__refunds as refunds
inner join stg__orders as orders using (order_key)
left join lines using (refund_key)

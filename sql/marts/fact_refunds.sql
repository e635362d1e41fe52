-- Refunds on their own day, line by line, and one row per refund for what no line carries: shipping and adjustments.
-- grain: refund_line_key
-- expects: stg__refund_lines(source varchar, refund_line_key varchar, refund_key varchar, order_key varchar)
-- expects: stg__refund_lines(line_key varchar, refund_id varchar, restock_type varchar, quantity bigint)
-- expects: stg__refund_lines(subtotal_cents bigint, tax_cents bigint, refund_date date)
-- expects: stg__refunds(source varchar, refund_key varchar, order_key varchar, refund_id varchar)
-- expects: stg__refunds(shipping_cents bigint, shipping_tax_cents bigint, adjustment_cents bigint)
-- expects: stg__refunds(adjustment_tax_cents bigint, refunded_cents bigint, refunded_at timestamp, refund_date date)
with lines as (

    select
        refunds.refund_line_key,
        refunds.refund_id,
        refunds.order_key,
        refunds.line_key,
        refunds.refund_date,
        coalesce(sold.product_key, 'unknown') as product_key,
        refunds.quantity,
        case
            when coalesce(sold.is_gift_card, false) then 0
            else refunds.subtotal_cents - case when orders.taxes_included then refunds.tax_cents else 0 end
        end as returns_cents,
        0::bigint as shipping_refund_cents,
        case when coalesce(sold.is_gift_card, false) then 0 else refunds.tax_cents end as tax_refund_cents,
        -- The goods' cost comes back only if the goods do.
        case
            when refunds.restock_type in ('RETURN', 'CANCEL', 'LEGACY_RESTOCK') and sold.quantity > 0
                then div_round(sold.cogs_cents * refunds.quantity, sold.quantity)
            else 0
        end as cogs_reversed_cents,
        refunds.restock_type
    from stg__refund_lines as refunds
    inner join stg__orders as orders using (order_key)
    left join line_money as sold using (line_key)

),

-- A goodwill credit arrives as a negative adjustment and raises returns; a fee kept arrives positive and lowers them.
extras as (

    select
        refunds.refund_key as refund_line_key,
        refunds.refund_id,
        refunds.order_key,
        refunds.refund_date,
        'unknown' as product_key,
        0 as quantity,
        -refunds.adjustment_cents as returns_cents,
        refunds.shipping_cents - case when orders.taxes_included then refunds.shipping_tax_cents else 0 end
            as shipping_refund_cents,
        refunds.shipping_tax_cents - refunds.adjustment_tax_cents as tax_refund_cents,
        0::bigint as cogs_reversed_cents
    from stg__refunds as refunds
    inner join stg__orders as orders using (order_key)

),

refunds as (

    select * from lines
    union all by name
    select * from extras

)

select
    refunds.refund_line_key,
    refunds.refund_id,
    refunds.order_key,
    refunds.line_key,
    refunds.refund_date as date_key,
    orders.date_key as order_date_key,
    refunds.product_key,
    orders.channel_key,
    orders.customer_key,
    orders.is_counted,
    refunds.quantity,
    refunds.returns_cents,
    refunds.shipping_refund_cents,
    refunds.tax_refund_cents,
    refunds.cogs_reversed_cents,
    refunds.restock_type,
    orders.order_hash
from refunds
inner join fact_orders as orders using (order_key)

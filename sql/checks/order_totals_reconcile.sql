-- An order's lines add up to its subtotal, its parts to its total, and the marts to their lines.
-- severity: critical
with lines as (

    select
        order_key,
        count(*) as line_count,
        sum(paid_cents) as paid_cents,
        sum(gross_cents) as gross_cents,
        sum(discount_cents) as discount_cents,
        sum(gift_card_cents) as gift_card_cents,
        sum(cogs_cents) as cogs_cents
    from line_money
    group by order_key

),

fact_lines as (

    select
        order_key,
        sum(gross_cents) as gross_cents,
        sum(discount_cents) as discount_cents,
        sum(cogs_cents) as cogs_cents
    from fact_order_lines
    group by order_key

),

-- In shops whose prices include tax each line may have been rounded by a cent.
delivered as (

    select
        orders.order_key,
        orders.is_edited,
        orders.taxes_included,
        abs(coalesce(lines.paid_cents, 0) - orders.subtotal_cents) as subtotal_gap,
        case when orders.taxes_included then coalesce(lines.line_count, 0) else 0 end as tolerance,
        abs(
            orders.total_cents - orders.subtotal_cents - orders.shipping_cents - orders.duties_cents
            - orders.tip_cents - orders.fees_cents - case when orders.taxes_included then 0 else orders.tax_cents end
        ) as total_gap
    from stg__orders as orders
    left join lines using (order_key)

)

select
    'lines and subtotal of ' || order_key as key,
    order_key,
    case when is_edited then 'warning' else 'critical' end as severity
from delivered
where subtotal_gap > tolerance

union all

select
    'parts and total of ' || order_key as key,
    order_key,
    case when is_edited or taxes_included then 'warning' else 'critical' end as severity
from delivered
where total_gap > tolerance

union all

select
    'fact_orders and its lines ' || orders.order_key as key,
    orders.order_key,
    'critical' as severity
from fact_orders as orders
left join fact_lines using (order_key)
where
    orders.gross_cents != coalesce(fact_lines.gross_cents, 0)
    or orders.discount_cents != coalesce(fact_lines.discount_cents, 0)
    or orders.cogs_cents != coalesce(fact_lines.cogs_cents, 0)

union all

select
    fact || ' is empty' as key,
    null::varchar as order_key,
    'critical' as severity
from empty_facts

-- No counted order gave back more than it took, in money or in goods.
-- severity: warning
with returned as (

    select
        order_key,
        sum(returns_cents) as returns_cents
    from fact_refunds
    group by order_key

),

returned_lines as (

    select
        line_key,
        sum(quantity) as quantity
    from fact_refunds
    where line_key is not null
    group by line_key

)

select
    'fact_orders ' || orders.order_key as key,
    orders.order_key
from fact_orders as orders
inner join returned using (order_key)
where orders.is_counted and returned.returns_cents > orders.gross_cents - orders.discount_cents
union all
select
    'fact_order_lines ' || lines.line_key as key,
    lines.order_key
from fact_order_lines as lines
inner join returned_lines using (line_key)
where lines.is_counted and returned_lines.quantity > lines.quantity

-- Lines of all orders, with day, channel and customer of their order.
-- grain: line_key
select
    lines.line_key,
    lines.order_key,
    orders.date_key,
    lines.product_key,
    orders.channel_key,
    orders.customer_key,
    orders.is_counted,
    lines.quantity,
    lines.unit_price_cents,
    lines.gross_cents,
    lines.discount_cents,
    lines.tax_cents,
    lines.cogs_cents,
    lines.cogs_source,
    lines.is_gift_card,
    orders.order_hash
from line_money as lines
inner join fact_orders as orders using (order_key)

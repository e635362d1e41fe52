-- The how-manieth counted order of its customer an order is; orders before the loaded history included.
-- grain: order_key
-- temporary
select
    orders.order_key,
    (
        coalesce(priors.prior_orders, 0)
        + row_number() over (
            partition by orders.customer_key
            order by orders.ordered_at, orders.order_number, orders.order_key
        )
    )::integer as customer_order_seq
from order_identities as orders
left join customer_priors as priors using (customer_key)
where orders.is_counted and orders.customer_key is not null

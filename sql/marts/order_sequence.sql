-- The how-manieth counted order of its customer an order is; orders before the loaded history included.
-- grain: order_key
-- temporary
-- together
select
    headers.order_key,
    (
        coalesce(priors.prior_orders, 0)
        + row_number() over (
            partition by identities.customer_key
            order by headers.ordered_at, headers.order_number, headers.order_key
        )
    )::integer as customer_order_seq
from order_headers as headers
inner join order_identities as identities using (order_key)
left join customer_priors as priors using (customer_key)
where headers.is_counted and identities.customer_key is not null

-- Orders of which the refunds that were read are not all, or not as much, as the order itself tells.
-- grain: order_key
-- temporary
-- lasting
with read as (

    select
        order_key,
        count(*) as refunds,
        sum(refunded_cents) as cents,
        count(refunded_cents) = count(*) as are_told
    from stg__refunds
    group by order_key

)

select
    orders.order_key,
    orders.order_name,
    orders.order_number
from stg__orders as orders
left join read using (order_key)
where
    orders.refund_count != coalesce(read.refunds, 0)
    or (coalesce(read.are_told, true) and abs(orders.refunded_cents - coalesce(read.cents, 0)) > 1)

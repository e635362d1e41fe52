-- Who bought: the customer of the order, else the customer with its e-mail, else a guest, else nobody. And why an order
-- does not count, where it does not.
-- grain: order_key
-- temporary
with customers_by_email as (

    select
        email_sha256,
        customer_key
    from stg__customers
    where email_sha256 is not null
    qualify row_number() over (partition by email_sha256 order by customer_number, customer_key) = 1

),

goods as (

    select order_key
    from stg__order_lines
    where not is_gift_card
    group by order_key

),

judged as (

    select
        orders.order_key,
        coalesce(orders.customer_key, customers.customer_key, 'guest:' || orders.email_sha256) as customer_key,
        orders.ordered_at,
        orders.order_date,
        orders.order_number,
        orders.is_test,
        coalesce(orders.is_deleted, false) as is_deleted,
        case
            when orders.is_deleted then 'deleted'
            when orders.is_test then 'test'
            when list_contains(getvariable('exclude_sources'), orders.source_name) then 'excluded_source'
            when orders.is_cancelled then 'cancelled'
            when orders.financial_status = 'VOIDED' then 'voided'
            when goods.order_key is null then 'gift_card_only'
        end as exclusion_reason
    from stg__orders as orders
    left join customers_by_email as customers using (email_sha256)
    left join goods on goods.order_key = orders.order_key

)

select
    *,
    exclusion_reason is null as is_counted
from judged

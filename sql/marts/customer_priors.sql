-- Orders that a customer placed before the loaded history.
-- grain: customer_key
-- temporary
-- together
with loaded as (

    select
        identities.customer_key,
        count(*) as orders
    from order_identities as identities
    inner join order_headers as headers using (order_key)
    where not headers.is_test and not headers.is_deleted
    group by identities.customer_key

)

select
    customers.customer_key,
    case
        when customers.created_at < history.history_start
            then greatest(0, customers.number_of_orders - coalesce(loaded.orders, 0))
        else 0
    end as prior_orders
from stg__customers as customers
cross join history
left join loaded using (customer_key)

-- What a day's orders, refunds and customers come to. Orders are of the day they were made, by the reporting time zone.
-- grain: source, day, currency, unknown_delivery
-- temporary
-- sums
with days as (

    select
        source,
        order_date as day,
        currency,
        unknown_delivery,
        1 as orders,
        is_online::integer as online_orders,
        has_email::integer as order_emails,
        has_country::integer as order_countries,
        coalesce(sold_cents, 0) as sold_cents,
        coalesce(assumed_cents, 0) as assumed_cents,
        -- Of units that were added or taken out later the total may know nothing.
        (not is_edited)::integer as whole_orders,
        case when is_edited then 0 else parts_cents end as parts_cents,
        case when is_edited then 0 else total_cents end as total_cents
    from order_days

    union all by name

    -- By the day in UTC, as the shop itself counts them.
    select
        source,
        created_at::date as day,
        1 as created_orders
    from order_days
    where not is_deleted

    union all by name

    select
        source,
        refund_date as day,
        currency,
        1 as refunds,
        parts_cents as refund_parts_cents,
        refunded_cents
    from refund_days
    where refunded_cents is not null

    union all by name

    select
        source,
        day,
        1 as customers,
        has_email::integer as customer_emails,
        has_country::integer as customer_countries
    from customer_days
    where day is not null

)

select
    source,
    day,
    currency,
    unknown_delivery,
    coalesce(sum(orders), 0)::bigint as orders,
    coalesce(sum(online_orders), 0)::bigint as online_orders,
    coalesce(sum(order_emails), 0)::bigint as order_emails,
    coalesce(sum(order_countries), 0)::bigint as order_countries,
    coalesce(sum(sold_cents), 0)::bigint as sold_cents,
    coalesce(sum(assumed_cents), 0)::bigint as assumed_cents,
    coalesce(sum(whole_orders), 0)::bigint as whole_orders,
    coalesce(sum(parts_cents), 0)::bigint as parts_cents,
    coalesce(sum(total_cents), 0)::bigint as total_cents,
    coalesce(sum(created_orders), 0)::bigint as created_orders,
    coalesce(sum(refunds), 0)::bigint as refunds,
    coalesce(sum(refund_parts_cents), 0)::bigint as refund_parts_cents,
    coalesce(sum(refunded_cents), 0)::bigint as refunded_cents,
    coalesce(sum(customers), 0)::bigint as customers,
    coalesce(sum(customer_emails), 0)::bigint as customer_emails,
    coalesce(sum(customer_countries), 0)::bigint as customer_countries
from days
group by source, day, currency, unknown_delivery

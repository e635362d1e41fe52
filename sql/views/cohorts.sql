-- What the customers who were new in a month have come to since, by the channel of their first order; channel 0 is all.
-- Up to day N of each customer, and only of those who are matured: whose day N is over and read. Where there are none,
-- there is no number, so that no cohort looks bad for being young. Spend is the month's; size may be 0 beside it.
-- grain: cohort_month, channel_key
with members as (

    select
        orders.customer_key,
        orders.channel_key,
        orders.date_key as first_day,
        date_diff('day', orders.date_key, run_info.data_through) as watched
    from fact_orders as orders
    cross join run_info
    where orders.is_counted and orders.customer_order_seq = 1

),

-- All that adds up. `day` counts from the first order, which is on day 0.
events as (

    select
        members.channel_key,
        members.first_day,
        members.watched,
        date_diff('day', members.first_day, orders.date_key) as day,
        case when orders.customer_order_seq = 1 then 1 else 0 end as size,
        -- The second order happens once; "any further one" could not be added up.
        case when orders.customer_order_seq = 2 then 1 else 0 end as repeats,
        orders.gross_cents - orders.discount_cents as ltv_cents,
        orders.gross_cents - orders.discount_cents + orders.shipping_revenue_cents - orders.cogs_cents
        - orders.shipping_cost_cents - orders.payment_fee_cents as contribution_cents,
        0 as spend_cents
    from members
    inner join fact_orders as orders using (customer_key)
    where orders.is_counted

    union all

    select
        members.channel_key,
        members.first_day,
        members.watched,
        date_diff('day', members.first_day, refunds.date_key) as day,
        0 as size,
        0 as repeats,
        -refunds.returns_cents as ltv_cents,
        refunds.cogs_reversed_cents - refunds.returns_cents - refunds.shipping_refund_cents as contribution_cents,
        0 as spend_cents
    from members
    inner join fact_refunds as refunds using (customer_key)
    where refunds.is_counted

    union all

    select
        channel_key,
        date_key as first_day,
        null as watched,
        null as day,
        0 as size,
        0 as repeats,
        0 as ltv_cents,
        0 as contribution_cents,
        spend_cents
    from fact_spend

),

sums as (

    select
        date_trunc('month', first_day)::date as cohort_month,
        channel_key,
        sum(size)::bigint as size,
        sum(spend_cents)::bigint as spend_cents,
        sum(size) filter (where watched >= 30)::bigint as matured_30,
        sum(repeats) filter (where watched >= 30 and day between 0 and 30)::bigint as repeat_30,
        sum(ltv_cents) filter (where watched >= 30 and day between 0 and 30)::bigint as ltv_30_cents_total,
        sum(contribution_cents) filter (where watched >= 30 and day between 0 and 30)::bigint
            as contribution_30_cents_total,
        sum(size) filter (where watched >= 60)::bigint as matured_60,
        sum(repeats) filter (where watched >= 60 and day between 0 and 60)::bigint as repeat_60,
        sum(ltv_cents) filter (where watched >= 60 and day between 0 and 60)::bigint as ltv_60_cents_total,
        sum(contribution_cents) filter (where watched >= 60 and day between 0 and 60)::bigint
            as contribution_60_cents_total,
        sum(size) filter (where watched >= 90)::bigint as matured_90,
        sum(repeats) filter (where watched >= 90 and day between 0 and 90)::bigint as repeat_90,
        sum(ltv_cents) filter (where watched >= 90 and day between 0 and 90)::bigint as ltv_90_cents_total,
        sum(contribution_cents) filter (where watched >= 90 and day between 0 and 90)::bigint
            as contribution_90_cents_total,
        sum(size) filter (where watched >= 180)::bigint as matured_180,
        sum(repeats) filter (where watched >= 180 and day between 0 and 180)::bigint as repeat_180,
        sum(ltv_cents) filter (where watched >= 180 and day between 0 and 180)::bigint as ltv_180_cents_total,
        sum(contribution_cents) filter (where watched >= 180 and day between 0 and 180)::bigint
            as contribution_180_cents_total
    from events
    group by grouping sets ((date_trunc('month', first_day), channel_key), (date_trunc('month', first_day)))

)

select
    cohort_month,
    coalesce(channel_key, 0)::smallint as channel_key,
    size,
    spend_cents,
    -- To the nearest cent, halves away from zero.
    case when size > 0 then sign(spend_cents)::bigint * ((2 * abs(spend_cents) + size) // (2 * size)) end as cac_cents,
    coalesce(matured_30, 0) as matured_30,
    repeat_30,
    ltv_30_cents_total,
    contribution_30_cents_total,
    coalesce(matured_60, 0) as matured_60,
    repeat_60,
    ltv_60_cents_total,
    contribution_60_cents_total,
    coalesce(matured_90, 0) as matured_90,
    repeat_90,
    ltv_90_cents_total,
    contribution_90_cents_total,
    coalesce(matured_180, 0) as matured_180,
    repeat_180,
    ltv_180_cents_total,
    contribution_180_cents_total
from sums
-- Who came by a channel that is unknown is in channel 0 with all others, and has no row apart.
where channel_key is null or channel_key != 0
order by cohort_month, channel_key

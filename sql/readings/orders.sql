-- By how much each run moved a day of the shop: orders that count and their totals by the order's day, what was given
-- back by the refund's. Test orders never count, cancelled ones no longer. Days are those of the reporting zone.
-- grain: date, run, measure
with told as (

    select
        order_id,
        run,
        utc(version) as version,
        seq,
        page,
        position,
        amount(totalPriceSet.shopMoney.amount) as total,
        coalesce(test = 'true', false) or coalesce(cancelledAt, '') != '' as is_out,
        day_of(coalesce(utc(nullif(processedAt, '')), utc(createdAt))) as date
    from stg_shopify__order_versions

),

-- What an order was after each run that told it: the latest by Shopify's own clock.
known as (

    select *
    from told
    qualify row_number() over (partition by order_id, run order by version desc, seq desc, page desc, position desc) = 1

),

newer as (

    select
        order_id,
        run,
        case when is_out then null else date end as date,
        coalesce(total, 0) as total
    from known
    qualify version >= max(version) over (
        partition by order_id
        order by run
        rows between unbounded preceding and current row
    )

),

steps as (

    select
        *,
        lag(date) over (partition by order_id order by run) as date_before,
        lag(total) over (partition by order_id order by run) as total_before
    from newer

),

refunds as (

    select
        refund_id,
        run,
        day_of(coalesce(utc(nullif(record.createdAt, '')), utc(record.processedAt))) as date,
        amount(record.totalRefundedSet.shopMoney.amount) as refunded
    from stg_shopify__refund_versions
    qualify row_number() over (partition by refund_id, run order by utc(version) desc, seq desc, page desc) = 1

),

moves as (

    select
        date,
        run,
        'orders' as measure,
        1::decimal(38, 12) as value
    from steps
    union all
    select
        date_before,
        run,
        'orders',
        -1
    from steps
    union all
    select
        date,
        run,
        'order_value',
        total
    from steps
    union all
    select
        date_before,
        run,
        'order_value',
        -total_before
    from steps
    union all
    select
        date,
        run,
        'refunded',
        refunded - coalesce(lag(refunded) over (partition by refund_id order by run), 0)
    from refunds

)

select
    date,
    run,
    measure,
    sum(value)::decimal(38, 12) as value
from moves
where date is not null
group by date, run, measure
having sum(value) != 0

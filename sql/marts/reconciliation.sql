-- Our total of a day beside what the source itself says of it, in the account's own currency and day; money is in cents.
-- Only days that were over and read whole on both sides.
-- grain: source, account_id, date_key, measure
-- whole
-- expects: stg__control_totals(source varchar, account_id varchar, date date, measure varchar, value decimal(38, 12), currency varchar)
with theirs as (

    select
        totals.source,
        totals.account_id,
        totals.date as date_key,
        totals.measure,
        totals.currency,
        case tolerances.unit when 'cents' then cents(totals.value) else totals.value::bigint end as theirs
    from stg__control_totals as totals
    inner join tolerances using (measure)

),

-- What a day came to by our own rows, before any conversion.
days as (

    select
        source,
        account_id,
        date as date_key,
        ['spend', 'impressions', 'clicks'] as measures,
        [cents(sum(spend_original)), sum(impressions)::bigint, sum(clicks)::bigint] as sums
    from stg__spend
    group by source, account_id, date

    union all

    select
        source,
        account_id,
        date as date_key,
        ['sessions', 'purchases', 'purchase_revenue'] as measures,
        [sum(sessions)::bigint, sum(purchases)::bigint, cents(sum(purchase_revenue_original))] as sums
    from stg__traffic
    group by source, account_id, date

    union all

    select
        orders.source,
        shops.account_id,
        orders.day as date_key,
        ['orders'] as measures,
        [sum(orders.created_orders)::bigint] as sums
    from day_sums as orders
    inner join stg__shops as shops using (source)
    group by orders.source, shops.account_id, orders.day
    having sum(orders.created_orders) > 0

),

ours as (

    select
        source,
        account_id,
        date_key,
        unnest(measures) as measure,
        unnest(sums) as ours
    from days

),

sources as (

    select
        unnest(getvariable('sources')).name as source,
        least(unnest(getvariable('sources')).data_through, unnest(getvariable('sources')).details_through) as last_day

),

-- Of an order and of a refund Shopify says the total beside the parts.
parts as (

    select
        source,
        day as date_key,
        'order_total' as measure,
        any_value(currency) as currency,
        sum(parts_cents)::bigint as ours,
        sum(total_cents)::bigint as theirs
    from day_sums
    group by source, day
    having sum(whole_orders) > 0

    union all

    select
        source,
        day as date_key,
        'refunded' as measure,
        any_value(currency) as currency,
        sum(refund_parts_cents)::bigint as ours,
        sum(refunded_cents)::bigint as theirs
    from day_sums
    group by source, day
    having sum(refunds) > 0

),

beside as (

    select
        source,
        account_id,
        date_key,
        measure,
        theirs.currency,
        ours.ours,
        theirs.theirs
    from theirs
    full join ours using (source, account_id, date_key, measure)

    union all

    select
        parts.source,
        shops.account_id,
        parts.date_key,
        parts.measure,
        parts.currency,
        parts.ours,
        parts.theirs
    from parts
    inner join stg__shops as shops using (source)

),

judged as (

    select
        beside.*,
        tolerances.unit,
        greatest(
            tolerances.at_least,
            tolerances.per_mille * abs(coalesce(beside.theirs, beside.ours)) // 1000
        ) as tolerance,
        coalesce(beside.ours, 0) - coalesce(beside.theirs, 0) as difference,
        coalesce(quality.data_loss or quality.thresholded or quality.sampled, false) as is_partial
    from beside
    inner join tolerances using (measure)
    inner join sources using (source)
    left join traffic_quality as quality
        on quality.account_id = beside.account_id
        and quality.date_key = beside.date_key
        and beside.source = 'ga4'
    where beside.date_key <= sources.last_day
    window told as (partition by beside.source, beside.account_id, beside.measure)
    -- Neither side before the other begins, and nothing that they tell nothing of.
    qualify
        beside.date_key >= min(beside.date_key) filter (where beside.ours is not null) over told
        and beside.date_key >= min(beside.date_key) filter (where beside.theirs is not null) over told

)

select
    judged.source,
    judged.account_id,
    judged.date_key,
    judged.measure,
    judged.unit,
    case when judged.unit = 'cents' then coalesce(judged.currency, accounts.currency) end as currency,
    judged.ours,
    judged.theirs,
    judged.difference,
    judged.tolerance,
    case
        -- GA4 kept rows back, put them together or made them from a part of the visits.
        when judged.is_partial then 'not comparable'
        when (judged.ours is null or judged.theirs is null) and judged.difference != 0 then 'missing'
        when abs(judged.difference) <= judged.tolerance then 'ok'
        else 'differs'
    end as status
from judged
left join stg__accounts as accounts
    on accounts.source = judged.source
    and accounts.account_id = judged.account_id

-- What Shopify itself counts: orders of every kind, by the day in UTC on which they were created. Days that were over
-- when the orders were read, and not before the first that were. What stands against it are the rows of
-- stg_shopify__orders that are not is_deleted, counted by created_at::date.
-- grain: source, account_id, date, measure
with counts as (

    select
        account,
        seq,
        page,
        days,
        unnest(map_entries(try(from_json(
            decode(body),
            '{"data": "MAP(VARCHAR, STRUCT(\"count\" VARCHAR, \"precision\" VARCHAR))"}'
        )).data)) as entry
    from raw_shopify__order_counts

),

dated as (

    select
        *,
        try_strptime(entry.key, 'd%Y_%m_%d')::date as date
    from counts

),

-- An order that is created while orders are read may be counted and not be here yet.
loaded as (

    select
        min(unit_start) as first_day,
        max(unit_end) as last_day
    from stg_shopify__order_pages

),

records as (

    select
        concat_ws('/', dated.account, dated.date) as external_id,
        dated.*
    from dated
    cross join loaded
    where
        list_contains(dated.days, dated.date)
        and dated.date >= loaded.first_day
        and dated.date < loaded.last_day

),

latest as (

    select *
    from records
    qualify row_number() over (partition by external_id order by seq desc, page desc) = 1

)

-- A count that is not exact is only known to be too small: nothing may be held against it.
select
    external_id,
    'shopify' as source,
    account as account_id,
    date,
    'orders' as measure,
    amount(entry.value.count) as value,
    null::varchar as currency,
    coalesce(
        missing(entry.value.count, 'orders'),
        not_a_number(entry.value.count, amount(entry.value.count), 'orders'),
        case when entry.value.precision is distinct from 'EXACT' then 'not_exact:orders' end
    ) as reject_reason,
    case when reject_reason is not null then to_json(entry)::varchar end as payload
from latest

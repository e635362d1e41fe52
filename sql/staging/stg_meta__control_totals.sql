-- What Meta says of an account's day as a whole, whatever can or cannot be listed. Clicks are link clicks.
-- grain: source, account_id, date, measure
with parsed as (

    select
        account,
        seq,
        page,
        days,
        try(from_json(decode(body), '{"data": [{
            "account_currency": "VARCHAR",
            "date_start": "VARCHAR",
            "spend": "VARCHAR",
            "impressions": "VARCHAR",
            "inline_link_clicks": "VARCHAR"
        }]}')).data as nodes
    from raw_meta__account_insights

),

rows as (

    select
        account,
        seq,
        page,
        days,
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from parsed

),

-- One record per measure: each can be good or bad by itself.
records as (

    select
        account,
        seq,
        page,
        position,
        record,
        try_cast(record.date_start as date) as date,
        unnest(['spend', 'impressions', 'clicks']) as measure,
        unnest([record.spend, record.impressions, record.inline_link_clicks]) as given,
        case
            when record.date_start is null then concat('page ', seq, '/', page, '/', position, '/', measure)
            else concat(account, '/', record.date_start, '/', measure)
        end as external_id
    from rows
    where record is not null and (date is null or list_contains(days, date))

),

latest as (

    select
        *,
        amount(given) as value
    from records
    qualify row_number() over (partition by external_id order by seq desc, page desc, position desc) = 1

)

select
    external_id,
    'meta' as source,
    account as account_id,
    date,
    measure,
    coalesce(value, 0)::decimal(38, 12) as value,
    case when measure = 'spend' then record.account_currency end as currency,
    coalesce(
        missing(record.date_start, 'date'),
        not_a_time(record.date_start, date, 'date'),
        not_a_number(given, value, measure)
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from latest

-- Events as GA4 counts them, by day and name.
-- grain: account_id, date, event_name
with parsed as (

    select
        account,
        seq,
        page,
        days,
        try(from_json(decode(body), '{
            "rows": [{"dimensionValues": [{"value": "VARCHAR"}], "metricValues": [{"value": "VARCHAR"}]}]
        }')) as answer
    from raw_ga4__events

),

rows as (

    select
        account,
        seq,
        page,
        days,
        unnest(answer.rows) as record,
        generate_subscripts(answer.rows, 1) as position
    from parsed

),

-- Values stand in the order in which the connector asks for them.
records as (

    select
        account,
        seq,
        page,
        position,
        record,
        record.dimensionValues[1].value as date_text,
        coalesce(record.dimensionValues[2].value, '') as event_name,
        [one.value for one in record.metricValues] as metrics,
        try_strptime(date_text, '%Y%m%d')::date as date,
        concat_ws('/', account, date_text, event_name) as external_id
    from rows
    where record is not null and (date is null or list_contains(days, date))

),

latest as (

    select *
    from records
    qualify row_number() over (partition by external_id order by seq desc, page desc, position desc) = 1

),

typed as (

    select
        *,
        whole(metrics[1]) as event_count,
        whole(metrics[2]) as users,
        -- A count that Google writes as a fraction.
        try_cast(metrics[3] as decimal(18, 6)) as key_events
    from latest

)

select
    external_id,
    'ga4' as source,
    account as account_id,
    event_name,
    event_count,
    coalesce(typed.users, 0) as users,
    coalesce(typed.key_events, 0) as key_events,
    date,
    coalesce(
        missing(date_text, 'date'),
        not_a_time(date_text, date, 'date'),
        missing(event_name, 'event_name'),
        missing(metrics[1], 'event_count'),
        not_a_number(metrics[1], typed.event_count, 'event_count'),
        not_a_number(metrics[2], typed.users, 'users'),
        not_a_number(metrics[3], typed.key_events, 'key_events')
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from typed

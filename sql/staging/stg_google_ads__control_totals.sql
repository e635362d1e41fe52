-- What Google Ads says of the account as a whole, by day: spend in its currency, impressions, clicks.
-- grain: account_id, date, measure
with parsed as (

    select
        account,
        seq,
        page,
        days,
        try(from_json(decode(body), '[{"results": [{
            "customer": {"currencyCode": "VARCHAR"},
            "segments": {"date": "VARCHAR"},
            "metrics": {"impressions": "VARCHAR", "clicks": "VARCHAR", "costMicros": "VARCHAR"}
        }]}]')) as chunks
    from raw_google_ads__customer_metrics

),

chunks as (

    select
        account,
        seq,
        page,
        days,
        flatten([chunk.results for chunk in chunks]) as nodes
    from parsed

),

rows as (

    select
        account,
        seq,
        page,
        days,
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from chunks

),

measures as (

    select
        * exclude (days),
        unnest(['spend', 'impressions', 'clicks']) as measure,
        unnest([record.metrics.costMicros, record.metrics.impressions, record.metrics.clicks]) as given,
        try_cast(record.segments.date as date) as date
    from rows
    where record is not null and (date is null or list_contains(days, date))

),

records as (

    select
        case
            when record.segments.date is null then concat('page ', seq, '/', page, '/', position, '/', measure)
            else concat(account, '/', record.segments.date, '/', measure)
        end as external_id,
        *
    from measures

),

latest as (

    select *
    from records
    qualify row_number() over (partition by external_id order by seq desc, page desc, position desc) = 1

),

typed as (

    select
        *,
        whole(given) as number
    from latest

)

select
    external_id,
    'google_ads' as source,
    account as account_id,
    date,
    measure,
    case
        when measure = 'spend' then number::decimal(38, 6) * 0.000001::decimal(7, 6)
        else number
    end::decimal(38, 12) as value,
    case when measure = 'spend' then record.customer.currencyCode end as currency,
    coalesce(
        missing(record.segments.date, 'date'),
        not_a_time(record.segments.date, date, 'date'),
        missing(given, measure),
        not_a_number(given, number, measure)
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from typed

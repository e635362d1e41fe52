-- What GA4 says of the day as a whole: sessions, users, purchases, and their revenue in the property's currency.
-- grain: account_id, date, measure
with parsed as (

    select
        account,
        seq,
        page,
        days,
        try(from_json(decode(body), '{
            "rows": [{"dimensionValues": [{"value": "VARCHAR"}], "metricValues": [{"value": "VARCHAR"}]}],
            "metadata": {"currencyCode": "VARCHAR"}
        }')) as answer
    from raw_ga4__totals

),

rows as (

    select
        account,
        seq,
        page,
        days,
        answer.metadata.currencyCode as currency,
        unnest(answer.rows) as record,
        generate_subscripts(answer.rows, 1) as position
    from parsed

),

-- Values stand in the order in which the connector asks for them.
measures as (

    select
        * exclude (days, currency),
        unnest(['sessions', 'users', 'purchases', 'purchase_revenue']) as measure,
        unnest([record.metricValues[place].value for place in [1, 2, 3, 4]]) as given,
        case when measure = 'purchase_revenue' then currency end as currency,
        record.dimensionValues[1].value as date_text,
        try_strptime(date_text, '%Y%m%d')::date as date
    from rows
    where record is not null and (date is null or list_contains(days, date))

),

records as (

    select
        concat_ws('/', account, date_text, measure) as external_id,
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
        case when measure = 'purchase_revenue' then amount(given) else whole(given) end as number
    from latest

)

select
    external_id,
    'ga4' as source,
    account as account_id,
    date,
    measure,
    number::decimal(38, 12) as value,
    currency,
    coalesce(
        missing(date_text, 'date'),
        not_a_time(date_text, date, 'date'),
        missing(given, measure),
        not_a_number(given, number, measure)
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from typed

-- Google Ads customers, as their latest answer describes them.
-- grain: account_id
with parsed as (

    select
        account,
        seq,
        page,
        try(from_json(decode(body), '[{"results": [{"customer": {
            "id": "VARCHAR",
            "descriptiveName": "VARCHAR",
            "currencyCode": "VARCHAR",
            "timeZone": "VARCHAR"
        }}]}]')) as chunks
    from raw_google_ads__customer

),

customers as (

    select
        account,
        seq,
        page,
        unnest(flatten([chunk.results for chunk in chunks])) as record
    from parsed

),

records as (

    select
        account as external_id,
        *
    from customers
    where record is not null

),

latest as (

    select *
    from records
    qualify row_number() over (partition by account order by seq desc, page desc) = 1

)

select
    external_id,
    'google_ads' as source,
    account as account_id,
    record.customer.descriptiveName as name,
    record.customer.currencyCode as currency,
    record.customer.timeZone as time_zone,
    missing(record.customer.currencyCode, 'currency') as reject_reason,
    null::varchar as payload
from latest

-- GA4 properties: zone and currency, from the last answer that told them.
-- grain: account_id
with parsed as (

    select
        account,
        seq,
        page,
        try(from_json(decode(body), '{"metadata": {"currencyCode": "VARCHAR", "timeZone": "VARCHAR"}}')).metadata
            as record
    from raw_ga4__traffic

),

records as (

    select
        account as external_id,
        *
    from parsed
    where record.currencyCode is not null or record.timeZone is not null

)

select
    account as external_id,
    'ga4' as source,
    account as account_id,
    null::varchar as name,
    arg_max(record.currencyCode, (seq, page)) as currency,
    arg_max(record.timeZone, (seq, page)) as time_zone,
    null::varchar as reject_reason,
    null::varchar as payload
from records
group by account

-- Meta ad accounts, as their latest answer describes them.
-- grain: account_id
with records as (

    select
        account as external_id,
        account,
        seq,
        page,
        try(from_json(decode(body), '{
            "name": "VARCHAR",
            "currency": "VARCHAR",
            "timezone_name": "VARCHAR"
        }')) as record
    from raw_meta__account

),

latest as (

    select *
    from records
    qualify row_number() over (partition by account order by seq desc, page desc) = 1

)

select
    external_id,
    'meta' as source,
    account as account_id,
    record.name as name,
    record.currency as currency,
    record.timezone_name as time_zone,
    missing(record.currency, 'currency') as reject_reason,
    null::varchar as payload
from latest

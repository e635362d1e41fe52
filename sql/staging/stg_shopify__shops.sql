-- The shop, as its latest answer describes it: currency, zone and the hosts that are its own.
-- grain: account_id
with pages as (

    select
        account,
        seq,
        page,
        try(from_json(decode(body), '{"data": {"shop": {
            "id": "VARCHAR",
            "name": "VARCHAR",
            "myshopifyDomain": "VARCHAR",
            "currencyCode": "VARCHAR",
            "ianaTimezone": "VARCHAR",
            "primaryDomain": {"host": "VARCHAR"}
        }}}')).data.shop as shop
    from raw_shopify__shop

),

records as (

    select
        account as external_id,
        *
    from pages
    where shop is not null

),

latest as (

    select *
    from records
    qualify row_number() over (partition by account order by seq desc, page desc) = 1

)

select
    external_id,
    'shopify' as source,
    account as account_id,
    shop.name as name,
    shop.currencyCode as currency,
    shop.ianaTimezone as time_zone,
    lower(shop.myshopifyDomain) as internal_host,
    lower(shop.primaryDomain.host) as primary_host,
    missing(shop.currencyCode, 'currency') as reject_reason,
    null::varchar as payload
from latest

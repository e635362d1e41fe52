-- Shopify customers in their latest version. The e-mail is kept as a hash and nowhere in the clear.
-- grain: customer_key
with parsed as (

    select
        seq,
        page,
        try(from_json(decode(body), '{"data": {"customers": {"nodes": [{
            "id": "VARCHAR",
            "createdAt": "VARCHAR",
            "updatedAt": "VARCHAR",
            "numberOfOrders": "VARCHAR",
            "defaultEmailAddress": {"emailAddress": "VARCHAR"},
            "defaultAddress": {"countryCodeV2": "VARCHAR", "provinceCode": "VARCHAR"}
        }]}}}')).data.customers.nodes as nodes
    from raw_shopify__customers

),

customers as (

    select
        seq,
        page,
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from parsed

),

records as (

    select
        coalesce(id_of(record.id), concat('page ', seq, '/', page, '/', position)) as external_id,
        *
    from customers
    where record is not null

),

latest as (

    select *
    from records
    qualify row_number() over (
        partition by external_id
        order by utc(record.updatedAt) desc nulls last, seq desc, page desc, position desc
    ) = 1

),

typed as (

    select
        *,
        whole(record.numberOfOrders) as number_of_orders,
        utc(record.createdAt) as created_at
    from latest

)

select
    external_id,
    'shopify' as source,
    'shopify:' || external_id as customer_key,
    hash_of(record.defaultEmailAddress.emailAddress) as email_sha256,
    record.defaultAddress.countryCodeV2 as country,
    record.defaultAddress.provinceCode as region,
    try_cast(external_id as bigint) as customer_number,
    coalesce(typed.number_of_orders, 0) as number_of_orders,
    created_at,
    coalesce(
        missing(record.id, 'customer_id'),
        missing(record.createdAt, 'created_at'),
        not_a_time(record.createdAt, created_at, 'created_at'),
        not_a_number(record.numberOfOrders, typed.number_of_orders, 'number_of_orders')
    ) as reject_reason,
    case when reject_reason is not null then
        json_merge_patch(to_json(record), '{"defaultEmailAddress": null}')::varchar
    end as payload
from typed

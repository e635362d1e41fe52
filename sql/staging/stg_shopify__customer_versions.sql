-- Every version of every customer that a page told, parsed once. The e-mail is kept as a hash and nowhere in the clear.
-- grain: customer_id, account, seq, page, position
-- temporary
-- kept: customer_id
with parsed as (

    select
        account,
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
        account,
        seq,
        page,
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from parsed

)

select
    coalesce(id_of(record.id), concat('page ', seq, '/', page, '/', position)) as customer_id,
    account,
    seq,
    page,
    position,
    record.* exclude (defaultEmailAddress),
    hash_of(record.defaultEmailAddress.emailAddress) as email_sha256
from customers
where record is not null

-- Shopify customers in their latest version. The e-mail is kept as a hash and nowhere in the clear.
-- grain: customer_key
with records as (

    select
        customer_id as external_id,
        *
    from stg_shopify__customer_versions

),

latest as (

    select *
    from records
    qualify row_number() over (
        partition by external_id
        order by utc(updatedAt) desc nulls last, seq desc, page desc, position desc
    ) = 1

),

typed as (

    select
        *,
        whole(numberOfOrders) as number_of_orders,
        utc(createdAt) as created_at
    from latest

)

select
    external_id,
    'shopify' as source,
    'shopify:' || external_id as customer_key,
    email_sha256,
    defaultAddress.countryCodeV2 as country,
    defaultAddress.provinceCode as region,
    try_cast(external_id as bigint) as customer_number,
    coalesce(typed.number_of_orders, 0) as number_of_orders,
    created_at,
    coalesce(
        no_id(id, 'customer_id'),
        missing(createdAt, 'created_at'),
        not_a_time(createdAt, created_at, 'created_at'),
        not_a_number(numberOfOrders, typed.number_of_orders, 'number_of_orders')
    ) as reject_reason,
    case when reject_reason is not null then
        to_json({
            'id': id,
            'createdAt': createdAt,
            'updatedAt': updatedAt,
            'numberOfOrders': numberOfOrders,
            'defaultAddress': defaultAddress
        })::varchar
    end as payload
from typed

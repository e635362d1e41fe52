-- Shopify orders, all of them, in their latest version. Money is in the shop's currency, as delivered.
-- grain: order_key
with records as (

    select order_id as external_id
    from stg_shopify__order_versions

)

select
    orders.order_id as external_id,
    'shopify' as source,
    orders.* exclude (order_id, reason),
    day_of(orders.ordered_at) as order_date,
    orders.reason as reject_reason,
    case when orders.reason is not null then
        to_json(versions)::varchar
    end as payload
from stg_shopify__order_records as orders
left join (
    -- Only a bad order's record is shown, and nobody's e-mail.
    select * exclude (version, account, run, seq, page, position, email_sha256)
    from stg_shopify__order_versions
    semi join stg_shopify__latest_orders using (order_id, seq, page, position)
    semi join (select order_id from stg_shopify__order_records where reason is not null) as bad using (order_id)
) as versions using (order_id)

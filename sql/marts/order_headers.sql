-- Of each order what does not rest on any other: who bought it when, by which way, and whether it counts.
-- grain: order_key
-- temporary
with goods as (

    select order_key
    from stg__order_lines
    where not is_gift_card
    group by order_key

),

judged as (

    select
        orders.order_key,
        orders.customer_key as named_customer_key,
        orders.email_sha256,
        orders.country,
        orders.region,
        orders.created_at,
        orders.ordered_at,
        orders.order_date,
        orders.order_number,
        orders.is_test,
        coalesce(orders.is_deleted, false) as is_deleted,
        case
            when orders.is_deleted then 'deleted'
            when orders.is_test then 'test'
            when list_contains(getvariable('exclude_sources'), orders.source_name) then 'excluded_source'
            when orders.is_cancelled then 'cancelled'
            when orders.financial_status = 'VOIDED' then 'voided'
            when goods.order_key is null then 'gift_card_only'
        end as exclusion_reason,
        channels.channel_key,
        channels.attribution_rule,
        coalesce(campaigns.campaign_key, 'unknown') as campaign_key
    from stg__orders as orders
    inner join order_channels as channels using (order_key)
    left join order_campaigns as campaigns using (order_key)
    left join goods using (order_key)

)

select
    *,
    exclusion_reason is null as is_counted
from judged

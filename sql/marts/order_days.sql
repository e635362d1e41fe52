-- Of each order what is added up by day: when it was made, what it came to by its parts and by its own word.
-- grain: order_key
-- temporary
-- lasting
with lines as (

    select
        order_key,
        sum(gross_cents - discount_cents)::bigint as assumed_cents
    from fact_order_lines
    where is_counted and cogs_source = 'margin'
    group by order_key

)

select
    orders.order_key,
    orders.source,
    orders.order_date,
    orders.created_at,
    coalesce(orders.is_deleted, false) as is_deleted,
    orders.is_edited,
    orders.currency,
    orders.unknown_delivery,
    -- Those that GA4 may have seen as a purchase.
    facts.is_counted and facts.channel_key != 11 as is_online,
    orders.email_sha256 is not null as has_email,
    orders.country is not null as has_country,
    facts.gross_cents - facts.discount_cents + facts.gift_card_cents + facts.shipping_revenue_cents + facts.tax_cents
        + facts.duties_cents + facts.tip_cents + orders.fees_cents as parts_cents,
    orders.total_cents,
    case when facts.is_counted then facts.gross_cents - facts.discount_cents end as sold_cents,
    lines.assumed_cents
from stg__orders as orders
inner join fact_orders as facts using (order_key)
left join lines using (order_key)

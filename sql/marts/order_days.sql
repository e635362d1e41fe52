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
    facts.customer_key,
    -- Numbers for whose a row is: few are found among many sooner by them.
    hash(orders.order_key) as place,
    hash(facts.customer_key) as customer_place,
    orders.source,
    orders.order_date,
    orders.ordered_at,
    orders.created_at,
    coalesce(orders.is_deleted, false) as is_deleted,
    -- Of units that were added or taken out later the total may know nothing.
    orders.is_edited,
    orders.currency,
    orders.unknown_delivery,
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

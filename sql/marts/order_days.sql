-- Of each order what is added up by day: when it was made, what it came to by its parts and by its own word.
-- grain: order_key
-- temporary
-- lasting
select
    orders.order_key,
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
    orders.total_cents
from stg__orders as orders
inner join fact_orders as facts using (order_key)

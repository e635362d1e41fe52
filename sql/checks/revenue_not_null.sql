-- No amount of money is missing from an order, a line, a refund or a day's spend.
-- severity: critical
select 'fact_orders ' || order_key as key
from fact_orders
where
    gross_cents is null
    or discount_cents is null
    or shipping_revenue_cents is null
    or tax_cents is null
    or duties_cents is null
    or tip_cents is null
    or gift_card_cents is null
    or total_cents is null
    or cogs_cents is null
    or shipping_cost_cents is null
    or payment_fee_cents is null
union all
select 'fact_order_lines ' || line_key as key
from fact_order_lines
where
    unit_price_cents is null
    or gross_cents is null
    or discount_cents is null
    or tax_cents is null
    or cogs_cents is null
union all
select 'fact_refunds ' || refund_line_key as key
from fact_refunds
where
    returns_cents is null
    or shipping_refund_cents is null
    or tax_refund_cents is null
    or cogs_reversed_cents is null
union all
select concat('fact_spend ', campaign_key, ' ', date_key) as key
from fact_spend
where spend_cents is null or spend_original is null or conversion_value_cents is null
union all
select concat('fact_ad_spend ', ad_key, ' ', date_key) as key
from fact_ad_spend
where spend_cents is null or spend_original is null or conversion_value_cents is null
union all
select concat('fact_keyword_spend ', keyword_key, ' ', date_key) as key
from fact_keyword_spend
where spend_cents is null or spend_original is null or conversion_value_cents is null
union all
select fact || ' is empty' as key from empty_facts

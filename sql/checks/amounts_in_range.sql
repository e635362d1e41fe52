-- Amounts and counts are where they can be: nothing below zero, no discount above its price, no order from the future.
-- severity: warning
with spend as (

    select 'fact_spend' as fact, campaign_key as item_key, * from fact_spend
    union all by name
    select 'fact_ad_spend' as fact, ad_key as item_key, * from fact_ad_spend
    union all by name
    select 'fact_keyword_spend' as fact, keyword_key as item_key, * from fact_keyword_spend

)

select
    concat_ws(' ', fact, item_key, date_key) as key,
    null::varchar as order_key
from spend
where
    spend_cents < 0
    or impressions < 0
    or clicks < 0
    or (item_key like 'google:%' and clicks > impressions)
    or (spend_cents > 0 and conversion_value_cents > 1000 * spend_cents)
union all
select
    'fact_order_lines ' || line_key as key,
    order_key
from fact_order_lines
where gross_cents < 0 or quantity < 0 or discount_cents > gross_cents
union all
select
    'fact_orders ' || order_key as key,
    order_key
from fact_orders
where gross_cents < 0 or date_key > day_of(getvariable('run_started_at')) + 1

-- Every key of a fact exists in its dimension, and every line and refund has its order.
-- severity: critical
with orders as (

    select * from fact_orders

),

lines as (

    select * from fact_order_lines

),

refunds as (

    select * from fact_refunds

),

spend as (

    select * from fact_spend

),

ad_spend as (

    select * from fact_ad_spend

),

keyword_spend as (

    select * from fact_keyword_spend

),

traffic as (

    select * from fact_traffic

)

select 'fact_orders.date_key ' || order_key as key from orders anti join dim_date using (date_key)
union all
select 'fact_orders.customer_key ' || order_key as key from orders anti join dim_customer using (customer_key)
union all
select 'fact_orders.channel_key ' || order_key as key from orders anti join dim_channel using (channel_key)
union all
select 'fact_orders.campaign_key ' || order_key as key from orders anti join dim_campaign using (campaign_key)
union all
select 'fact_order_lines.order_key ' || line_key as key from lines anti join fact_orders using (order_key)
union all
select 'fact_order_lines.date_key ' || line_key as key from lines anti join dim_date using (date_key)
union all
select 'fact_order_lines.product_key ' || line_key as key from lines anti join dim_product using (product_key)
union all
select 'fact_order_lines.channel_key ' || line_key as key from lines anti join dim_channel using (channel_key)
union all
select 'fact_order_lines.customer_key ' || line_key as key from lines anti join dim_customer using (customer_key)
union all
select 'fact_refunds.order_key ' || refund_line_key as key from refunds anti join fact_orders using (order_key)
union all
select 'fact_refunds.date_key ' || refund_line_key as key from refunds anti join dim_date using (date_key)
union all
select 'fact_refunds.order_date_key ' || refund_line_key as key
from refunds
anti join dim_date on dim_date.date_key = refunds.order_date_key
union all
select 'fact_refunds.product_key ' || refund_line_key as key from refunds anti join dim_product using (product_key)
union all
select 'fact_refunds.channel_key ' || refund_line_key as key from refunds anti join dim_channel using (channel_key)
union all
select 'fact_refunds.customer_key ' || refund_line_key as key from refunds anti join dim_customer using (customer_key)
union all
select 'fact_refunds.line_key ' || refund_line_key as key
from refunds
anti join fact_order_lines using (line_key)
where refunds.line_key is not null or not starts_with(refunds.refund_line_key, 'shopify:refund:')
union all
select concat('fact_spend.date_key ', campaign_key, ' ', date_key) as key from spend anti join dim_date using (date_key)
union all
select concat('fact_spend.campaign_key ', campaign_key, ' ', date_key) as key
from spend
anti join dim_campaign using (campaign_key)
union all
select concat('fact_spend.channel_key ', campaign_key, ' ', date_key) as key
from spend
anti join dim_channel using (channel_key)
union all
select 'dim_ad.campaign_key ' || ad_key as key from dim_ad anti join dim_campaign using (campaign_key)
union all
select 'dim_keyword.campaign_key ' || keyword_key as key from dim_keyword anti join dim_campaign using (campaign_key)
union all
select concat('fact_ad_spend.date_key ', ad_key, ' ', date_key) as key from ad_spend anti join dim_date using (date_key)
union all
select concat('fact_ad_spend.ad_key ', ad_key, ' ', date_key) as key from ad_spend anti join dim_ad using (ad_key)
union all
select concat('fact_keyword_spend.date_key ', keyword_key, ' ', date_key) as key
from keyword_spend
anti join dim_date using (date_key)
union all
select concat('fact_keyword_spend.keyword_key ', keyword_key, ' ', date_key) as key
from keyword_spend
anti join dim_keyword using (keyword_key)
union all
select concat_ws(' ', 'fact_traffic.date_key', date_key, channel_group, source, medium) as key
from traffic
anti join dim_date using (date_key)
union all
select concat_ws(' ', 'fact_traffic.channel_key', date_key, channel_group, source, medium) as key
from traffic
anti join dim_channel using (channel_key)
union all
select fact || ' is empty' as key from empty_facts

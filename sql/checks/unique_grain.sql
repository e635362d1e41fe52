-- Nothing is there twice: each fact and each dimension keeps its grain.
-- severity: critical
select concat('dim_date ', date_key) as key from dim_date group by date_key having count(*) > 1
union all
select concat('dim_channel ', channel_key) as key from dim_channel group by channel_key having count(*) > 1
union all
select 'dim_campaign ' || campaign_key as key from dim_campaign group by campaign_key having count(*) > 1
union all
select 'dim_ad ' || ad_key as key from dim_ad group by ad_key having count(*) > 1
union all
select 'dim_keyword ' || keyword_key as key from dim_keyword group by keyword_key having count(*) > 1
union all
select 'dim_customer ' || customer_key as key from dim_customer group by customer_key having count(*) > 1
union all
select 'dim_product ' || product_key as key from dim_product group by product_key having count(*) > 1
union all
select 'fact_orders ' || order_key as key from fact_orders group by order_key having count(*) > 1
union all
select 'fact_order_lines ' || line_key as key from fact_order_lines group by line_key having count(*) > 1
union all
select 'fact_refunds ' || refund_line_key as key from fact_refunds group by refund_line_key having count(*) > 1
union all
select concat('fact_spend ', campaign_key, ' ', date_key) as key
from fact_spend
group by campaign_key, date_key
having count(*) > 1
union all
select concat('fact_ad_spend ', ad_key, ' ', date_key) as key
from fact_ad_spend
group by ad_key, date_key
having count(*) > 1
union all
select concat('fact_keyword_spend ', keyword_key, ' ', date_key) as key
from fact_keyword_spend
group by keyword_key, date_key
having count(*) > 1
union all
select concat_ws(' ', 'fact_traffic', date_key, channel_group, source, medium) as key
from fact_traffic
group by date_key, channel_group, source, medium
having count(*) > 1
union all
select fact || ' is empty' as key from empty_facts

-- A new listing of ids tells which orders are gone: one that it does not name, and one that was thought gone before.
-- grain: order_key
select 'shopify:' || order_id as order_key
from stg_shopify__order_versions
anti join stg_shopify__listed_orders using (order_id)
union
select order_key
from fact_orders
where exclusion_reason = 'deleted'

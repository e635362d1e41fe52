-- Orders with a line of a variant whose cost is another, or holds for other runs.
-- grain: order_key
select distinct lines.order_key
from fact_order_lines as lines
semi join changes using (product_key)

-- Orders with a line of a variant that is listed, or not any more, or in another category. A line may know no more than
-- the product.
-- grain: order_key
select lines.order_key
from fact_order_lines as lines
semi join changes using (product_key)
union
select order_key
from fact_order_lines
where product_key = 'unknown'
union
select lines.order_key
from unlisted_lines as lines
semi join changes using (product_id)

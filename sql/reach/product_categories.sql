-- Orders with a line of a variant that is in another category, or listed now, or not any more. A line may know no more
-- than its product.
-- grain: order_key
with known as (

    select distinct product_key
    from changes
    where not is_new

)

select lines.order_key
from fact_order_lines as lines
semi join known using (product_key)
union
select lines.order_key
from unlisted_lines as lines
semi join changes using (product_key)
union
select lines.order_key
from unlisted_lines as lines
semi join changes using (product_id)

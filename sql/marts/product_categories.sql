-- The category of each variant that is listed; the margin of a line without a unit cost is that of its category.
-- grain: product_key
-- temporary
select
    product_key,
    product_id,
    category
from stg__products

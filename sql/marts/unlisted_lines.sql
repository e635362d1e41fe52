-- Order lines of variants that nobody lists, or of none: what the order calls them is all that is known.
-- grain: line_key
-- temporary
-- lasting
select
    lines.order_key,
    lines.line_key,
    lines.product_key,
    lines.product_id,
    lines.variant_id,
    lines.sku,
    lines.title,
    coalesce(nullif(lower(trim(lines.product_type)), ''), 'default') as category,
    lines.is_gift_card
from stg__order_lines as lines
anti join product_categories using (product_key)

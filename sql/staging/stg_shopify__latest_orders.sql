-- The version of each order that counts: the latest by Shopify's own clock, then the one read last.
-- grain: order_id
-- temporary
select
    order_id,
    version,
    seq,
    page,
    position
from stg_shopify__order_versions
qualify row_number() over (
    partition by order_id
    order by utc(version) desc nulls last, seq desc, page desc, position desc
) = 1

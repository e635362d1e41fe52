-- The pages of orders, and the range of days that each was asked for.
-- grain: account, seq, page
-- temporary
-- kept
select
    account,
    seq,
    page,
    unit_start,
    unit_end
from raw_shopify__orders

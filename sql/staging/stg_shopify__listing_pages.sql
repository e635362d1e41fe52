-- The pages of the last listing of order ids: when each was read, from which creation on, and whether it can be read.
-- grain: account, seq, page
-- temporary
-- kept
select
    account,
    run,
    seq,
    page,
    fetched_at,
    utc(nullif(regexp_extract(request, 'created_at:>=.([0-9TZ:-]+)', 1), '')) as covered_from,
    try(from_json(decode(body), '{"data": {"orderIds": {"nodes": [{"id": "VARCHAR"}]}}}')).data.orderIds.nodes is not null
        as is_readable
from raw_shopify__order_ids

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
    coalesce(
        len([
            one
            for one in try(from_json(decode(body), '{"data": {"orderIds": {"nodes": [{"id": "VARCHAR"}]}}}')).data.orderIds.nodes
            if one is not null and id_of(one.id) is null
        ]) = 0,
        false
    ) as is_readable
from raw_shopify__order_ids

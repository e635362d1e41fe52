-- The ids of all orders that the shop has, as its last listing names them.
-- grain: order_id
-- temporary
-- kept: order_id
with pages as (

    select
        account,
        seq,
        try(from_json(decode(body), '{"data": {"orderIds": {"nodes": [{"id": "VARCHAR"}]}}}')).data.orderIds.nodes as nodes
    from raw_shopify__order_ids

)

select distinct
    unnest([id_of(one.id) for one in nodes]) as order_id,
    account,
    seq
from pages

-- Every reading of every inventory item of its own: what its variant cost.
-- grain: inventory_item_id, account, seq, page, position
-- temporary
-- kept
with pages as (

    select
        account,
        run,
        seq,
        page,
        fetched_at,
        try(from_json(decode(body), '{"data": {"inventoryItems": {"nodes": [{
            "id": "VARCHAR",
            "updatedAt": "VARCHAR",
            "unitCost": {"amount": "VARCHAR"}
        }]}}}')).data.inventoryItems.nodes as nodes
    from raw_shopify__inventory_items

),

items as (

    select
        account,
        run,
        seq,
        page,
        fetched_at,
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from pages

)

select
    id_of(record.id) as inventory_item_id,
    record.updatedAt as version,
    coalesce(record.unitCost.amount, case when record.unitCost is not null then 'no amount' end) as unit_cost,
    account,
    run,
    seq,
    page,
    position,
    fetched_at
from items

-- Lines of orders that did not fit their order's page, each with its order's version.
-- grain: order_id, account, seq, page, position
-- temporary
-- kept: order_id
with pages as (

    select
        account,
        run,
        seq,
        page,
        try(from_json(decode(body), '{"data": {"order": {
            "id": "VARCHAR",
            "updatedAt": "VARCHAR",
            "lineItems": {"nodes": [{
                "id": "VARCHAR",
                "title": "VARCHAR",
                "sku": "VARCHAR",
                "quantity": "VARCHAR",
                "isGiftCard": "VARCHAR",
                "requiresShipping": "VARCHAR",
                "product": {"id": "VARCHAR", "productType": "VARCHAR"},
                "variant": {"id": "VARCHAR"},
                "originalUnitPriceSet": {"shopMoney": {"amount": "VARCHAR"}},
                "discountAllocations": [{"allocatedAmountSet": {"shopMoney": {"amount": "VARCHAR"}}}],
                "taxLines": [{"priceSet": {"shopMoney": {"amount": "VARCHAR"}}}]
            }]}
        }}}')).data.order as parent
    from raw_shopify__order_line_items

)

select
    id_of(parent.id) as order_id,
    parent.updatedAt as version,
    account,
    run,
    seq,
    page,
    unnest(parent.lineItems.nodes) as record,
    generate_subscripts(parent.lineItems.nodes, 1) as position
from pages

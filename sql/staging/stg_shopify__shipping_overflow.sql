-- Shipping lines of orders that did not fit their order's page, each with its order's version.
-- grain: order_id, account, seq, page
-- temporary
-- kept: order_id
with pages as (

    select
        account,
        seq,
        page,
        try(from_json(decode(body), '{"data": {"order": {
            "id": "VARCHAR",
            "updatedAt": "VARCHAR",
            "shippingLines": {"nodes": [{
                "id": "VARCHAR",
                "isRemoved": "VARCHAR",
                "deliveryCategory": "VARCHAR",
                "discountedPriceSet": {"shopMoney": {"amount": "VARCHAR"}},
                "taxLines": [{"priceSet": {"shopMoney": {"amount": "VARCHAR"}}}]
            }]}
        }}}')).data.order as parent
    from raw_shopify__order_shipping_lines

)

select
    id_of(parent.id) as order_id,
    parent.updatedAt as version,
    account,
    seq,
    page,
    unnest(parent.shippingLines.nodes) as record
from pages

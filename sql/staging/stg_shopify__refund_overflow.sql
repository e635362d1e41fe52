-- What of a refund did not fit its first page: lines, shipping lines and adjustments, each with its refund's version.
-- grain: refund_id, version, kind, account, seq, page
-- temporary
-- kept: refund_id
with pages as (

    select 'line' as kind, account, seq, page, body from raw_shopify__refund_line_items
    union all
    select 'shipping' as kind, account, seq, page, body from raw_shopify__refund_shipping_lines
    union all
    select 'adjustment' as kind, account, seq, page, body from raw_shopify__refund_adjustments

),

parsed as (

    select
        kind,
        account,
        seq,
        page,
        try(from_json(decode(body), '{"data": {"refund": {
            "id": "VARCHAR",
            "updatedAt": "VARCHAR",
            "refundLineItems": {"nodes": [{
                "id": "VARCHAR",
                "quantity": "VARCHAR",
                "restockType": "VARCHAR",
                "lineItem": {"id": "VARCHAR"},
                "subtotalSet": {"shopMoney": {"amount": "VARCHAR"}},
                "totalTaxSet": {"shopMoney": {"amount": "VARCHAR"}}
            }]},
            "refundShippingLines": {"nodes": [{
                "id": "VARCHAR",
                "subtotalAmountSet": {"shopMoney": {"amount": "VARCHAR"}},
                "taxAmountSet": {"shopMoney": {"amount": "VARCHAR"}}
            }]},
            "orderAdjustments": {"nodes": [{
                "id": "VARCHAR",
                "reason": "VARCHAR",
                "amountSet": {"shopMoney": {"amount": "VARCHAR"}},
                "taxAmountSet": {"shopMoney": {"amount": "VARCHAR"}}
            }]}
        }}}')).data.refund as parent
    from pages

)

select
    id_of(parent.id) as refund_id,
    parent.updatedAt as version,
    kind,
    account,
    seq,
    page,
    parent.refundLineItems.nodes as lines,
    parent.refundShippingLines.nodes as shipping_lines,
    parent.orderAdjustments.nodes as adjustments
from parsed
where parent.id is not null

-- Every version of every refund that a page told, parsed once.
-- grain: refund_id, account, seq, page, position
-- temporary
-- kept: refund_id
with parsed as (

    select
        account,
        run,
        seq,
        page,
        try(from_json(decode(body), '{"data": {"nodes": [{
            "id": "VARCHAR",
            "createdAt": "VARCHAR",
            "processedAt": "VARCHAR",
            "updatedAt": "VARCHAR",
            "totalRefundedSet": {"shopMoney": {"amount": "VARCHAR"}},
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
        }]}}')).data.nodes as nodes
    from raw_shopify__refunds

),

versions as (

    select
        account,
        run,
        seq,
        page,
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from parsed

)

select
    id_of(record.id) as refund_id,
    record.updatedAt as version,
    account,
    run,
    seq,
    page,
    position,
    record
from versions
where record.id is not null

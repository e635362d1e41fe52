-- Every version of every order that a page told, parsed once. The e-mail is kept as a hash and nowhere in the clear.
-- grain: order_id, account, seq, page, position
-- temporary
-- kept: order_id
with pages as (

    select * from raw_shopify__orders
    union all
    select * from raw_shopify__orders_again

),

-- A page of orders has them in `orders.nodes`, one of orders read again by id in `nodes`.
parsed as (

    select
        account,
        run,
        seq,
        page,
        try(from_json(
            decode(body),
            replace('{"data": {"orders": {"nodes": [ORDER]}, "nodes": [ORDER]}}', 'ORDER', '{
                "id": "VARCHAR",
                "name": "VARCHAR",
                "createdAt": "VARCHAR",
                "processedAt": "VARCHAR",
                "updatedAt": "VARCHAR",
                "cancelledAt": "VARCHAR",
                "test": "VARCHAR",
                "edited": "VARCHAR",
                "currencyCode": "VARCHAR",
                "presentmentCurrencyCode": "VARCHAR",
                "taxesIncluded": "VARCHAR",
                "displayFinancialStatus": "VARCHAR",
                "sourceName": "VARCHAR",
                "email": "VARCHAR",
                "customer": {"id": "VARCHAR"},
                "shippingAddress": {"countryCodeV2": "VARCHAR", "provinceCode": "VARCHAR"},
                "customerJourneySummary": {"lastVisit": {
                    "landingPage": "VARCHAR",
                    "referrerUrl": "VARCHAR",
                    "utmParameters": {"source": "VARCHAR", "medium": "VARCHAR", "campaign": "VARCHAR"}
                }},
                "landingPageUrl": "VARCHAR",
                "referrerUrl": "VARCHAR",
                "subtotalPriceSet": {"shopMoney": {"amount": "VARCHAR"}},
                "totalTaxSet": {"shopMoney": {"amount": "VARCHAR"}},
                "totalTipReceivedSet": {"shopMoney": {"amount": "VARCHAR"}},
                "originalTotalDutiesSet": {"shopMoney": {"amount": "VARCHAR"}},
                "originalTotalAdditionalFeesSet": {"shopMoney": {"amount": "VARCHAR"}},
                "totalPriceSet": {"shopMoney": {"amount": "VARCHAR"}},
                "totalRefundedSet": {"shopMoney": {"amount": "VARCHAR"}},
                "shippingLines": {"nodes": [{
                    "id": "VARCHAR",
                    "isRemoved": "VARCHAR",
                    "deliveryCategory": "VARCHAR",
                    "discountedPriceSet": {"shopMoney": {"amount": "VARCHAR"}},
                    "taxLines": [{"priceSet": {"shopMoney": {"amount": "VARCHAR"}}}]
                }]},
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
                }]},
                "refunds": [{"id": "VARCHAR"}]
            }')
        )).data as answer
    from pages

),

versions as (

    select
        account,
        run,
        seq,
        page,
        unnest(coalesce(answer.orders.nodes, answer.nodes)) as record,
        generate_subscripts(coalesce(answer.orders.nodes, answer.nodes), 1) as position
    from parsed

)

select
    coalesce(id_of(record.id), concat('page ', seq, '/', page, '/', position)) as order_id,
    record.updatedAt as version,
    account,
    run,
    seq,
    page,
    position,
    record.* exclude (email),
    hash_of(record.email) as email_sha256
from versions
where record is not null

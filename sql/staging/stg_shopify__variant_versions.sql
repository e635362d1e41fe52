-- Every reading of every variant, nested in its product or read page by page.
-- grain: variant_id, account, seq, page, position
-- temporary
-- kept
with pages as (

    select * from raw_shopify__products
    union all
    select * from raw_shopify__product_variants

),

-- A page of products has many in `products.nodes`, a page of variants one in `product`.
parsed as (

    select
        account,
        run,
        seq,
        page,
        fetched_at,
        try(from_json(
            decode(body),
            replace('{"data": {"products": {"nodes": [PRODUCT]}, "product": PRODUCT}}', 'PRODUCT', '{
                "id": "VARCHAR",
                "title": "VARCHAR",
                "vendor": "VARCHAR",
                "productType": "VARCHAR",
                "isGiftCard": "VARCHAR",
                "updatedAt": "VARCHAR",
                "variants": {"nodes": [{
                    "id": "VARCHAR",
                    "title": "VARCHAR",
                    "sku": "VARCHAR",
                    "price": "VARCHAR",
                    "inventoryItem": {"id": "VARCHAR", "updatedAt": "VARCHAR", "unitCost": {"amount": "VARCHAR"}}
                }]}
            }')
        )).data as answer
    from pages

),

products as (

    select
        account,
        run,
        seq,
        page,
        fetched_at,
        unnest(case when answer.product.id is null then answer.products.nodes else [answer.product] end) as product
    from parsed

),

variants as (

    select
        account,
        run,
        seq,
        page,
        fetched_at,
        product,
        unnest(product.variants.nodes) as record,
        generate_subscripts(product.variants.nodes, 1) as position
    from products

)

select
    coalesce(id_of(record.id), concat('page ', seq, '/', page, '/', position)) as variant_id,
    id_of(product.id) as product_id,
    id_of(record.inventoryItem.id) as inventory_item_id,
    product.updatedAt as version,
    product.title as product_title,
    product.vendor as vendor,
    product.productType as product_type,
    product.isGiftCard as is_gift_card,
    record,
    account,
    run,
    seq,
    page,
    position,
    fetched_at
from variants
where record is not null

-- What was or can be sold: variants, those known only by their order lines included, and one for lines that name none.
-- grain: product_key
-- whole
-- expects: stg__products(source varchar, product_key varchar, product_id varchar, variant_id varchar, sku varchar)
-- expects: stg__products(title varchar, category varchar, vendor varchar, list_price_cents bigint)
-- expects: stg__products(is_gift_card boolean)
-- expects: stg__unit_costs(source varchar, product_key varchar, run bigint, unit_cost_cents bigint, seen_at timestamp)
with costs as (

    select
        product_key,
        unit_cost_cents,
        seen_at
    from stg__unit_costs
    qualify row_number() over (partition by product_key order by run desc) = 1

),

listed as (

    select
        products.product_key,
        products.product_id,
        products.variant_id,
        products.sku,
        products.title,
        products.category,
        products.vendor,
        products.is_gift_card,
        products.list_price_cents,
        costs.unit_cost_cents,
        costs.seen_at as unit_cost_seen_utc
    from stg__products as products
    left join costs using (product_key)

),

inferred as (

    select * exclude (order_key, line_key)
    from unlisted_lines
    where product_key is not null
    qualify row_number() over (partition by product_key order by line_key desc) = 1

)

select * from listed
union all by name
select * from inferred
union all by name
select
    'unknown' as product_key,
    'Unknown' as title,
    'default' as category,
    false as is_gift_card

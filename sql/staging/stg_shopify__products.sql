-- What Shopify sells: variants in their latest version, those that are gone included.
-- grain: product_key
with records as (

    select
        variant_id as external_id,
        *
    from stg_shopify__variant_versions

),

-- A page of variants does not repeat what its product is called: the product's own pages tell it.
products as (

    select
        product_id,
        arg_max(product_type, (utc(version), seq, page)) filter (where product_title is not null) as product_type,
        arg_max(vendor, (utc(version), seq, page)) filter (where product_title is not null) as vendor,
        arg_max(is_gift_card, (utc(version), seq, page)) filter (where product_title is not null) as is_gift_card,
        arg_max(product_title, (utc(version), seq, page)) filter (where product_title is not null) as product_title
    from stg_shopify__variant_versions
    group by product_id

),

latest as (

    select *
    from records
    qualify row_number() over (
        partition by variant_id
        order by utc(version) desc nulls last, seq desc, page desc, position desc
    ) = 1

)

select
    latest.external_id,
    'shopify' as source,
    'shopify:' || latest.variant_id as product_key,
    latest.product_id,
    latest.variant_id,
    latest.record.sku as sku,
    case
        when latest.record.title is null or latest.record.title = 'Default Title' then products.product_title
        else concat_ws(' - ', products.product_title, latest.record.title)
    end as title,
    coalesce(nullif(lower(trim(products.product_type)), ''), 'default') as category,
    products.vendor,
    cents(latest.record.price) as list_price_cents,
    coalesce(products.is_gift_card = 'true', false) as is_gift_card,
    coalesce(
        no_id(latest.record.id, 'variant_id'),
        not_a_number(latest.record.price, cents(latest.record.price), 'price')
    ) as reject_reason,
    null::varchar as payload
from latest
left join products using (product_id)

-- The lines of the orders that count, typed, with the reason why a line is no good.
-- grain: line_id
-- temporary
with first_runs as (

    select
        line_id,
        min(run) as first_run
    from stg_shopify__line_versions
    group by line_id

),

winners as (

    select
        line_id,
        seq,
        page,
        position
    from stg_shopify__line_versions
    where is_latest
    qualify row_number() over (partition by line_id order by seq desc, page desc, position desc) = 1

),

latest as (

    select *
    from stg_shopify__line_versions
    semi join winners using (line_id, seq, page, position)

),

typed as (

    select
        line_id,
        order_id,
        record,
        whole(record.quantity) as quantity,
        record.originalUnitPriceSet.shopMoney.amount as price,
        total([one.allocatedAmountSet.shopMoney.amount for one in record.discountAllocations]) as discount,
        total([one.priceSet.shopMoney.amount for one in record.taxLines]) as tax
    from latest

)

select
    typed.line_id,
    typed.order_id,
    id_of(typed.record.product.id) as product_id,
    id_of(typed.record.variant.id) as variant_id,
    typed.record.product.productType as product_type,
    typed.record.title as title,
    typed.record.sku as sku,
    typed.quantity,
    cents(typed.price) as unit_price_cents,
    cents(typed.quantity * try_cast(typed.price as decimal(26, 8))) as amount_cents,
    cents(typed.discount) as discount_cents,
    cents(typed.tax) as tax_cents,
    coalesce(typed.record.isGiftCard = 'true', false) as is_gift_card,
    coalesce(typed.record.requiresShipping = 'true', false) as requires_shipping,
    first_runs.first_run,
    coalesce(
        missing(typed.record.id, 'line_id'),
        missing(typed.record.quantity, 'quantity'),
        not_a_number(typed.record.quantity, typed.quantity, 'quantity'),
        missing(typed.price, 'unit_price'),
        not_a_number(typed.price, cents(typed.price), 'unit_price'),
        not_a_number('discount', cents(typed.discount), 'discount'),
        not_a_number('tax', cents(typed.tax), 'tax')
    ) as reason
from typed
inner join first_runs using (line_id)

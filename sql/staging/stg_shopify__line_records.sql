-- The lines of the orders that count, typed, with the reason why a line is no good.
-- grain: line_id
-- temporary
with winners as (

    select
        line_id,
        seq,
        page,
        position,
        min(run) over (partition by line_id) as first_run
    from stg_shopify__line_versions
    qualify is_latest and row_number() over (
        partition by line_id
        order by is_latest desc, seq desc, page desc, position desc
    ) = 1

),

latest as (

    select
        versions.line_id,
        versions.order_id,
        versions.record,
        winners.first_run
    from stg_shopify__line_versions as versions
    inner join winners using (line_id, seq, page, position)

),

typed as (

    select
        line_id,
        order_id,
        first_run,
        record,
        whole(record.quantity) as quantity,
        record.originalUnitPriceSet.shopMoney.amount as price,
        total([one.allocatedAmountSet.shopMoney.amount for one in record.discountAllocations]) as discount,
        total([one.priceSet.shopMoney.amount for one in record.taxLines]) as tax
    from latest

),

priced as (

    select
        *,
        cents(price) as unit_price_cents,
        cents(quantity * try_cast(price as decimal(26, 8))) as amount_cents,
        cents(discount) as discount_cents,
        cents(tax) as tax_cents
    from typed

)

select
    line_id,
    order_id,
    id_of(record.product.id) as product_id,
    id_of(record.variant.id) as variant_id,
    record.product.productType as product_type,
    record.title as title,
    record.sku as sku,
    quantity,
    unit_price_cents,
    amount_cents,
    discount_cents,
    tax_cents,
    coalesce(record.isGiftCard = 'true', false) as is_gift_card,
    coalesce(record.requiresShipping = 'true', false) as requires_shipping,
    first_run,
    coalesce(
        no_id(record.id, 'line_id'),
        missing(record.quantity, 'quantity'),
        not_a_number(record.quantity, quantity, 'quantity'),
        missing(price, 'unit_price'),
        not_a_number(price, amount_cents, 'unit_price'),
        unread(record.product, id_of(record.product.id), 'product_id'),
        unread(record.variant, id_of(record.variant.id), 'variant_id'),
        not_a_number('discount', discount_cents, 'discount'),
        not_a_number('tax', tax_cents, 'tax')
    ) as reason
from priced

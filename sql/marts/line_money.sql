-- The money of an order line: gross and discount without tax, and what the goods cost. Gift cards carry zero.
-- grain: line_key
-- temporary
-- expects: stg__order_lines(source varchar, line_key varchar, order_key varchar, product_key varchar)
-- expects: stg__order_lines(product_id varchar, variant_id varchar, product_type varchar, title varchar, sku varchar)
-- expects: stg__order_lines(first_run bigint, quantity bigint, unit_price_cents bigint, amount_cents bigint)
-- expects: stg__order_lines(discount_cents bigint, tax_cents bigint, is_gift_card boolean, requires_shipping boolean)
with margins as (

    select
        unnest(getvariable('margins')).category as category,
        unnest(getvariable('margins')).bps as bps

),

default_margin as (

    select bps
    from margins
    where category = 'default'

),

product_types as (

    select
        product_id,
        max(category) as category
    from product_categories
    group by product_id

),

lines as (

    select
        lines.*,
        readings.unit_cost_cents,
        coalesce(
            products.category, nullif(lower(trim(lines.product_type)), ''), product_types.category, 'default'
        ) as category,
        orders.taxes_included,
        -- What was paid for the line: after discounts, and with tax where prices include it.
        lines.amount_cents - lines.discount_cents as paid_cents
    from stg__order_lines as lines
    inner join stg__orders as orders using (order_key)
    left join product_categories as products using (product_key)
    left join product_types on product_types.product_id = lines.product_id
    left join unit_cost_readings as readings
        on readings.product_key = lines.product_key
        and lines.first_run between readings.from_run and readings.to_run

),

taxed as (

    select
        *,
        case
            when not taxes_included or paid_cents <= 0 then discount_cents
            else div_round(discount_cents::hugeint * (paid_cents - tax_cents), paid_cents)
        end as net_discount_cents,
        case
            when not taxes_included or paid_cents <= 0 then paid_cents
            else paid_cents - tax_cents
        end as net_cents
    from lines

),

sold as (

    select
        *,
        case when is_gift_card then 0 else net_cents + net_discount_cents end as gross_cents,
        case when is_gift_card then 0 else net_discount_cents end as sold_discount_cents
    from taxed

)

select
    sold.line_key,
    sold.order_key,
    coalesce(sold.product_key, 'unknown') as product_key,
    sold.category,
    case when sold.unit_cost_cents is null then 'margin' else 'unit_cost' end as cogs_source,
    sold.quantity,
    sold.unit_price_cents,
    sold.gross_cents::bigint as gross_cents,
    sold.sold_discount_cents::bigint as discount_cents,
    case when sold.is_gift_card then 0 else sold.tax_cents end as tax_cents,
    case when sold.is_gift_card then sold.paid_cents else 0 end as gift_card_cents,
    sold.paid_cents,
    case
        when sold.is_gift_card then 0
        when sold.unit_cost_cents is not null then sold.quantity * sold.unit_cost_cents
        else div_round(sold.gross_cents * (10000 - coalesce(margins.bps, default_margin.bps)), 10000)
    end::bigint as cogs_cents,
    sold.is_gift_card,
    sold.requires_shipping
from sold
left join margins using (category)
left join default_margin on true

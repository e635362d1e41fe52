-- Orders, all of them; `is_counted` tells those that make up the KPIs, `exclusion_reason` why another does not.
-- grain: order_key
-- expects: stg__orders(source varchar, order_key varchar, customer_key varchar, email_sha256 varchar)
-- expects: stg__orders(order_name varchar, source_name varchar, financial_status varchar, currency varchar)
-- expects: stg__orders(presentment_currency varchar, country varchar, region varchar, landing_page varchar)
-- expects: stg__orders(referrer_url varchar, utm_source varchar, utm_medium varchar, utm_campaign varchar)
-- expects: stg__orders(unknown_delivery varchar, order_number bigint, subtotal_cents bigint, shipping_cents bigint)
-- expects: stg__orders(shipping_tax_cents bigint, tax_cents bigint, tip_cents bigint, duties_cents bigint)
-- expects: stg__orders(fees_cents bigint, total_cents bigint, refunded_cents bigint, refund_count bigint)
-- expects: stg__orders(is_test boolean, is_cancelled boolean, is_edited boolean, taxes_included boolean)
-- expects: stg__orders(is_pickup boolean, is_deleted boolean, created_at timestamp, updated_at timestamp)
-- expects: stg__orders(ordered_at timestamp, order_date date)
with lines as (

    select
        order_key,
        sum(case when is_gift_card then 0 else quantity end)::integer as units,
        sum(gross_cents)::bigint as gross_cents,
        sum(discount_cents)::bigint as discount_cents,
        sum(gift_card_cents)::bigint as gift_card_cents,
        sum(cogs_cents)::bigint as cogs_cents,
        bool_or(requires_shipping) as requires_shipping
    from line_money
    group by order_key

),

joined as (

    select
        orders.*,
        buyers.customer_key as buyer_key,
        buyers.customer_order_seq,
        headers.is_counted,
        headers.exclusion_reason,
        headers.channel_key,
        headers.attribution_rule,
        headers.campaign_key,
        coalesce(lines.units, 0) as units,
        coalesce(lines.gross_cents, 0) as gross_cents,
        coalesce(lines.discount_cents, 0) as discount_cents,
        coalesce(lines.gift_card_cents, 0) as gift_card_cents,
        coalesce(lines.cogs_cents, 0) as cogs_cents,
        coalesce(lines.requires_shipping, false) and not orders.is_pickup and orders.source_name is distinct from 'pos'
            as is_sent
    from stg__orders as orders
    inner join order_headers as headers using (order_key)
    inner join order_buyers as buyers using (order_key)
    left join lines using (order_key)

)

select
    order_key,
    order_name,
    order_date as date_key,
    ordered_at as order_ts_utc,
    buyer_key as customer_key,
    channel_key,
    campaign_key,
    source_name,
    financial_status,
    is_counted,
    exclusion_reason,
    customer_order_seq,
    coalesce(customer_order_seq = 1, false) as is_new_customer,
    units,
    gross_cents,
    discount_cents,
    shipping_cents - case when taxes_included then shipping_tax_cents else 0 end as shipping_revenue_cents,
    tax_cents,
    duties_cents,
    tip_cents,
    gift_card_cents,
    total_cents,
    cogs_cents,
    case
        when is_sent then
            getvariable('shipping_per_order_cents')
            + div_round((gross_cents - discount_cents) * getvariable('shipping_bps_of_net_sales'), 10000)
        else 0
    end as shipping_cost_cents,
    case
        when total_cents = 0 then 0
        else
            div_round(total_cents * getvariable('payment_bps_of_total'), 10000)
            + getvariable('payment_per_order_cents')
    end as payment_fee_cents,
    currency,
    presentment_currency,
    attribution_rule,
    -- A number for the key, the same in each fact: few orders are found by it among many in a fifth of the time.
    hash(order_key) as order_hash
from joined

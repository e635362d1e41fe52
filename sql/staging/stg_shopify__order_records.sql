-- The orders that count, typed, with the reason why an order is no good, be it one of its lines; `is_deleted` tells
-- those that the shop has no more.
-- grain: order_id
-- temporary
with bad_lines as (

    select
        order_id,
        min(reason) as reason
    from stg_shopify__line_records
    where reason is not null
    group by order_id

),

-- What the listing of ids covers; one with a page that cannot be read covers nothing.
listing as (

    select
        max(run) as run,
        min(fetched_at) as begun,
        coalesce(max(covered_from), timestamp '0001-01-01') as covered_from
    from stg_shopify__listing_pages
    having bool_and(is_readable)

),

listed as (

    select distinct order_id
    from stg_shopify__listed_orders

),

latest as (

    select
        versions.* exclude (lineItems, shippingLines, refunds, customerJourneySummary, version, account, seq, page, position),
        customerJourneySummary.lastVisit as visit,
        subtotalPriceSet.shopMoney.amount as subtotal,
        totalTaxSet.shopMoney.amount as tax,
        totalTipReceivedSet.shopMoney.amount as tip,
        originalTotalDutiesSet.shopMoney.amount as duties,
        originalTotalAdditionalFeesSet.shopMoney.amount as fees,
        totalPriceSet.shopMoney.amount as total,
        cents(totalRefundedSet.shopMoney.amount) as refunded_cents,
        len(refunds) as refund_count
    from stg_shopify__order_versions as versions
    semi join stg_shopify__latest_orders using (order_id, seq, page, position)

),

typed as (

    select
        latest.*,
        utc(latest.createdAt) as created_at,
        utc(nullif(latest.processedAt, '')) as processed_at,
        utc(latest.updatedAt) as updated_at,
        cents(latest.subtotal) as subtotal_cents,
        cents(latest.tax) as tax_cents,
        cents(latest.tip) as tip_cents,
        cents(latest.duties) as duties_cents,
        cents(latest.fees) as fees_cents,
        cents(latest.total) as total_cents,
        case when shipping.order_id is null then 0 else shipping.shipping_cents end as shipping_cents,
        case when shipping.order_id is null then 0 else shipping.shipping_tax_cents end as shipping_tax_cents,
        shipping.is_pickup,
        shipping.unknown_delivery,
        -- Read before the list was made, made in the time that it covers, and not in it; Shopify's search lags behind.
        coalesce(
            listed.order_id is null
            and latest.run < listing.run
            and utc(latest.createdAt) >= listing.covered_from
            and utc(latest.createdAt) < listing.begun - interval 1 hour,
            false
        ) as is_deleted
    from latest
    left join stg_shopify__shipping_records as shipping using (order_id)
    left join listed using (order_id)
    left join listing on true

)

select
    typed.order_id,
    'shopify:' || typed.order_id as order_key,
    'shopify:' || id_of(typed.customer.id) as customer_key,
    typed.email_sha256,
    typed.name as order_name,
    lower(typed.sourceName) as source_name,
    typed.displayFinancialStatus as financial_status,
    typed.currencyCode as currency,
    typed.presentmentCurrencyCode as presentment_currency,
    typed.shippingAddress.countryCodeV2 as country,
    typed.shippingAddress.provinceCode as region,
    coalesce(nullif(typed.visit.landingPage, ''), nullif(typed.landingPageUrl, '')) as landing_page,
    coalesce(nullif(typed.visit.referrerUrl, ''), nullif(typed.referrerUrl, '')) as referrer_url,
    typed.visit.utmParameters.source as utm_source,
    typed.visit.utmParameters.medium as utm_medium,
    typed.visit.utmParameters.campaign as utm_campaign,
    typed.unknown_delivery,
    try_cast(typed.order_id as bigint) as order_number,
    coalesce(typed.subtotal_cents, 0) as subtotal_cents,
    typed.shipping_cents,
    typed.shipping_tax_cents,
    coalesce(typed.tax_cents, 0) as tax_cents,
    coalesce(typed.tip_cents, 0) as tip_cents,
    coalesce(typed.duties_cents, 0) as duties_cents,
    coalesce(typed.fees_cents, 0) as fees_cents,
    typed.total_cents,
    typed.refunded_cents,
    typed.refund_count,
    coalesce(typed.test = 'true', false) as is_test,
    coalesce(typed.cancelledAt, '') != '' as is_cancelled,
    coalesce(typed.edited = 'true', false) as is_edited,
    coalesce(typed.taxesIncluded = 'true', false) as taxes_included,
    coalesce(typed.is_pickup, false) as is_pickup,
    typed.is_deleted,
    typed.created_at,
    typed.updated_at,
    coalesce(typed.processed_at, typed.created_at) as ordered_at,
    coalesce(
        no_id(typed.id, 'order_id'),
        missing(coalesce(nullif(typed.processedAt, ''), typed.createdAt), 'processed_at'),
        not_a_time(typed.processedAt, typed.processed_at, 'processed_at'),
        not_a_time(typed.createdAt, typed.created_at, 'created_at'),
        missing(typed.updatedAt, 'updated_at'),
        not_a_time(typed.updatedAt, typed.updated_at, 'updated_at'),
        not_a_time(typed.cancelledAt, utc(typed.cancelledAt), 'cancelled_at'),
        missing(typed.total, 'total'),
        not_a_number(typed.total, typed.total_cents, 'total'),
        not_a_number(typed.subtotal, typed.subtotal_cents, 'subtotal'),
        not_a_number(typed.tax, typed.tax_cents, 'tax'),
        not_a_number(typed.tip, typed.tip_cents, 'tip'),
        not_a_number(typed.duties, typed.duties_cents, 'duties'),
        not_a_number(typed.fees, typed.fees_cents, 'fees'),
        unread(typed.subtotalPriceSet, typed.subtotal, 'subtotal'),
        unread(typed.totalTaxSet, typed.tax, 'tax'),
        unread(typed.totalTipReceivedSet, typed.tip, 'tip'),
        unread(typed.originalTotalDutiesSet, typed.duties, 'duties'),
        unread(typed.originalTotalAdditionalFeesSet, typed.fees, 'fees'),
        unread(typed.totalRefundedSet, typed.refunded_cents, 'refunded'),
        unread(typed.customer, id_of(typed.customer.id), 'customer_id'),
        not_a_number('shipping', typed.shipping_cents, 'shipping'),
        not_a_number('shipping', typed.shipping_tax_cents, 'shipping_tax'),
        bad_lines.reason
    ) as reason
from typed
left join bad_lines using (order_id)

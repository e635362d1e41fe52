-- Shopify orders, all of them, in their latest version. Money is in the shop's currency, as delivered.
-- grain: order_key
with records as (

    select order_id as external_id
    from stg_shopify__order_versions

)

select
    order_id as external_id,
    'shopify' as source,
    'shopify:' || order_id as order_key,
    'shopify:' || id_of(record.customer.id) as customer_key,
    hash_of(record.email) as email_sha256,
    record.name as order_name,
    lower(record.sourceName) as source_name,
    record.displayFinancialStatus as financial_status,
    record.currencyCode as currency,
    record.presentmentCurrencyCode as presentment_currency,
    record.shippingAddress.countryCodeV2 as country,
    record.shippingAddress.provinceCode as region,
    coalesce(
        nullif(record.customerJourneySummary.lastVisit.landingPage, ''), nullif(record.landingPageUrl, '')
    ) as landing_page,
    coalesce(
        nullif(record.customerJourneySummary.lastVisit.referrerUrl, ''), nullif(record.referrerUrl, '')
    ) as referrer_url,
    record.customerJourneySummary.lastVisit.utmParameters.source as utm_source,
    record.customerJourneySummary.lastVisit.utmParameters.medium as utm_medium,
    record.customerJourneySummary.lastVisit.utmParameters.campaign as utm_campaign,
    unknown_delivery,
    try_cast(order_id as bigint) as order_number,
    coalesce(subtotal_cents, 0) as subtotal_cents,
    coalesce(shipping_cents, 0) as shipping_cents,
    coalesce(shipping_tax_cents, 0) as shipping_tax_cents,
    coalesce(tax_cents, 0) as tax_cents,
    coalesce(tip_cents, 0) as tip_cents,
    coalesce(duties_cents, 0) as duties_cents,
    coalesce(fees_cents, 0) as fees_cents,
    total_cents,
    coalesce(record.test = 'true', false) as is_test,
    coalesce(record.cancelledAt, '') != '' as is_cancelled,
    coalesce(record.edited = 'true', false) as is_edited,
    coalesce(record.taxesIncluded = 'true', false) as taxes_included,
    coalesce(is_pickup, false) as is_pickup,
    created_at,
    updated_at,
    coalesce(processed_at, created_at) as ordered_at,
    day_of(coalesce(processed_at, created_at)) as order_date,
    reason as reject_reason,
    case when reason is not null then json_merge_patch(to_json(record), '{"email": null}')::varchar end as payload
from stg_shopify__order_records

-- What Google Ads reports by ad and day. Campaigns without ads, such as Performance Max, are not in here.
-- grain: account_id, ad_id, date
with parsed as (

    select
        account,
        seq,
        page,
        days,
        try(from_json(decode(body), '[{"results": [{
            "customer": {"currencyCode": "VARCHAR"},
            "campaign": {"id": "VARCHAR"},
            "adGroup": {"id": "VARCHAR"},
            "adGroupAd": {"ad": {"id": "VARCHAR", "name": "VARCHAR"}},
            "segments": {"date": "VARCHAR"},
            "metrics": {
                "impressions": "VARCHAR",
                "clicks": "VARCHAR",
                "costMicros": "VARCHAR",
                "conversions": "VARCHAR",
                "conversionsValue": "VARCHAR"
            }
        }]}]')) as chunks
    from raw_google_ads__ad_metrics

),

chunks as (

    select
        account,
        seq,
        page,
        days,
        flatten([chunk.results for chunk in chunks]) as nodes
    from parsed

),

rows as (

    select
        account,
        seq,
        page,
        days,
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from chunks

),

records as (

    select
        case
            when record.adGroupAd.ad.id is null or record.segments.date is null
                then concat('page ', seq, '/', page, '/', position)
            else concat(account, '/', record.adGroupAd.ad.id, '/', record.segments.date)
        end as external_id,
        * exclude (days),
        try_cast(record.segments.date as date) as date
    from rows
    where record is not null and (date is null or list_contains(days, date))

),

latest as (

    select *
    from records
    qualify row_number() over (partition by external_id order by seq desc, page desc, position desc) = 1

),

typed as (

    select
        *,
        record.metrics as metrics,
        whole(record.metrics.costMicros) as cost_micros,
        whole(record.metrics.impressions) as impressions,
        whole(record.metrics.clicks) as clicks,
        try_cast(record.metrics.conversions as decimal(18, 6)) as conversions,
        try_cast(record.metrics.conversionsValue as decimal(24, 12)) as conversions_value
    from latest

)

select
    external_id,
    'google_ads' as source,
    'google' as platform,
    account as account_id,
    record.campaign.id as campaign_id,
    record.adGroup.id as ad_group_id,
    record.adGroupAd.ad.id as ad_id,
    nullif(record.adGroupAd.ad.name, '') as ad_name,
    record.customer.currencyCode as currency,
    null::varchar as attribution_window,
    (cost_micros::decimal(24, 6) * 0.000001::decimal(7, 6))::decimal(18, 6) as spend_original,
    impressions,
    clicks,
    clicks as clicks_all,
    coalesce(typed.conversions, 0)::decimal(18, 6) as conversions,
    coalesce(conversions_value, 0)::decimal(24, 12) as conversion_value_original,
    date,
    coalesce(
        missing(record.adGroupAd.ad.id, 'ad_id'),
        missing(record.campaign.id, 'campaign_id'),
        missing(record.segments.date, 'date'),
        not_a_time(record.segments.date, date, 'date'),
        missing(metrics.costMicros, 'spend'),
        not_a_number(metrics.costMicros, cost_micros, 'spend'),
        missing(metrics.impressions, 'impressions'),
        not_a_number(metrics.impressions, impressions, 'impressions'),
        missing(metrics.clicks, 'clicks'),
        not_a_number(metrics.clicks, clicks, 'clicks'),
        not_a_number(metrics.conversions, typed.conversions, 'conversions'),
        not_a_number(metrics.conversionsValue, conversions_value, 'conversion_value')
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from typed

-- What Google Ads reports by day, of campaigns, ads and keywords: every row as it came, typed, with what is wrong in it.
-- Cost comes in millionths of the account's currency.
-- grain: level, account, seq, page, position
-- temporary
-- kept
with pages as (

    select
        'campaign' as level,
        unit_stream as stream,
        account,
        seq,
        page,
        days,
        body
    from raw_google_ads__campaign_metrics
    union all
    select
        'ad' as level,
        unit_stream as stream,
        account,
        seq,
        page,
        days,
        body
    from raw_google_ads__ad_metrics
    union all
    select
        'keyword' as level,
        unit_stream as stream,
        account,
        seq,
        page,
        days,
        body
    from raw_google_ads__keyword_metrics

),

parsed as (

    select
        * exclude (body),
        try(from_json(decode(body), '[{"results": [{
            "customer": {"currencyCode": "VARCHAR"},
            "campaign": {"id": "VARCHAR", "name": "VARCHAR"},
            "adGroup": {"id": "VARCHAR"},
            "adGroupAd": {"ad": {"id": "VARCHAR", "name": "VARCHAR"}},
            "adGroupCriterion": {
                "criterionId": "VARCHAR",
                "keyword": {"text": "VARCHAR", "matchType": "VARCHAR"}
            },
            "segments": {"date": "VARCHAR"},
            "metrics": {
                "impressions": "VARCHAR",
                "clicks": "VARCHAR",
                "costMicros": "VARCHAR",
                "conversions": "VARCHAR",
                "conversionsValue": "VARCHAR"
            }
        }]}]')) as chunks
    from pages

),

chunks as (

    select
        * exclude (chunks),
        flatten([chunk.results for chunk in chunks]) as nodes
    from parsed

),

rows as (

    select
        * exclude (nodes),
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from chunks

),

-- A criterion is unique in its ad group alone.
named as (

    select
        *,
        record.adGroup.id || '~' || record.adGroupCriterion.criterionId as keyword_id,
        case level
            when 'ad' then record.adGroupAd.ad.id
            when 'keyword' then keyword_id
            else record.campaign.id
        end as id,
        try_cast(record.segments.date as date) as date
    from rows
    where record is not null and (date is null or list_contains(days, date))

),

typed as (

    select
        *,
        case
            when id is null or record.segments.date is null then concat('page ', seq, '/', page, '/', position)
            else concat(account, '/', id, '/', record.segments.date)
        end as external_id,
        record.metrics as metrics,
        whole(record.metrics.costMicros) as cost_micros,
        whole(record.metrics.impressions) as impressions,
        whole(record.metrics.clicks) as clicks,
        try_cast(record.metrics.conversions as decimal(18, 6)) as conversions,
        try_cast(record.metrics.conversionsValue as decimal(24, 12)) as conversions_value
    from named

)

select
    level,
    external_id,
    stream,
    account,
    seq,
    page,
    position,
    record.campaign.id as campaign_id,
    record.campaign.name as campaign_name,
    record.adGroup.id as ad_group_id,
    record.adGroupAd.ad.id as ad_id,
    nullif(record.adGroupAd.ad.name, '') as ad_name,
    record.adGroupCriterion.criterionId as criterion_id,
    keyword_id,
    record.adGroupCriterion.keyword.text as text,
    record.adGroupCriterion.keyword.matchType as match_type,
    record.customer.currencyCode as currency,
    (cost_micros::decimal(24, 6) * 0.000001::decimal(7, 6))::decimal(18, 6) as spend_original,
    impressions,
    clicks,
    coalesce(typed.conversions, 0)::decimal(18, 6) as conversions,
    coalesce(conversions_value, 0)::decimal(24, 12) as conversion_value_original,
    date,
    coalesce(
        case level
            when 'ad' then no_id(record.adGroupAd.ad.id, 'ad_id')
            when 'keyword' then coalesce(
                no_id(record.adGroup.id, 'keyword_id'),
                no_id(record.adGroupCriterion.criterionId, 'keyword_id')
            )
        end,
        no_id(record.campaign.id, 'campaign_id'),
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

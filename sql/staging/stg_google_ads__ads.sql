-- Google Ads ads, those that are paused or removed included. An ad for search has no name but its first headline.
-- grain: account_id, ad_id
with parsed as (

    select
        account,
        seq,
        page,
        try(from_json(decode(body), '[{"results": [{
            "campaign": {"id": "VARCHAR"},
            "adGroup": {"id": "VARCHAR", "name": "VARCHAR"},
            "adGroupAd": {
                "status": "VARCHAR",
                "ad": {
                    "id": "VARCHAR",
                    "name": "VARCHAR",
                    "type": "VARCHAR",
                    "responsiveSearchAd": {"headlines": [{"text": "VARCHAR"}]}
                }
            }
        }]}]')) as chunks
    from raw_google_ads__ads

),

rows as (

    select
        account,
        seq,
        page,
        flatten([chunk.results for chunk in chunks]) as nodes
    from parsed

),

ads as (

    select
        account,
        seq,
        page,
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from rows

),

records as (

    select
        coalesce(record.adGroupAd.ad.id, concat('page ', account, '/', seq, '/', page, '/', position)) as external_id,
        *
    from ads
    where record is not null

),

latest as (

    select *
    from records
    qualify row_number() over (partition by external_id order by seq desc, page desc, position desc) = 1

)

select
    external_id,
    'google_ads' as source,
    'google' as platform,
    account as account_id,
    record.campaign.id as campaign_id,
    record.adGroup.id as ad_group_id,
    record.adGroup.name as ad_group_name,
    external_id as ad_id,
    coalesce(
        nullif(record.adGroupAd.ad.name, ''),
        record.adGroupAd.ad.responsiveSearchAd.headlines[1].text
    ) as name,
    record.adGroupAd.ad.type as format,
    record.adGroupAd.status as status,
    coalesce(
        no_id(record.adGroupAd.ad.id, 'ad_id'),
        no_id(record.adGroup.id, 'ad_group_id'),
        no_id(record.campaign.id, 'campaign_id')
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from latest

-- Google Ads keywords that are bid on, paused and removed ones included. Negative ones are not asked for.
-- A criterion's id is its own only within an ad group, hence the key of both.
-- grain: account_id, keyword_id
with parsed as (

    select
        account,
        seq,
        page,
        try(from_json(decode(body), '[{"results": [{
            "campaign": {"id": "VARCHAR"},
            "adGroup": {"id": "VARCHAR"},
            "adGroupCriterion": {
                "criterionId": "VARCHAR",
                "keyword": {"text": "VARCHAR", "matchType": "VARCHAR"},
                "status": "VARCHAR"
            }
        }]}]')) as chunks
    from raw_google_ads__keywords

),

rows as (

    select
        account,
        seq,
        page,
        flatten([chunk.results for chunk in chunks]) as nodes
    from parsed

),

keywords as (

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
        case
            when record.adGroup.id is null or record.adGroupCriterion.criterionId is null
                then concat('page ', account, '/', seq, '/', page, '/', position)
            else record.adGroup.id || '~' || record.adGroupCriterion.criterionId
        end as external_id,
        *
    from keywords
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
    record.adGroupCriterion.criterionId as criterion_id,
    external_id as keyword_id,
    record.adGroupCriterion.keyword.text as text,
    record.adGroupCriterion.keyword.matchType as match_type,
    record.adGroupCriterion.status as status,
    coalesce(
        no_id(record.adGroup.id, 'ad_group_id'),
        no_id(record.adGroupCriterion.criterionId, 'criterion_id'),
        no_id(record.campaign.id, 'campaign_id')
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from latest

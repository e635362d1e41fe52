-- Google Ads campaigns, those that are paused or removed included.
-- grain: account_id, campaign_id
with parsed as (

    select
        account,
        seq,
        page,
        try(from_json(decode(body), '[{"results": [{"campaign": {
            "id": "VARCHAR",
            "name": "VARCHAR",
            "status": "VARCHAR",
            "advertisingChannelType": "VARCHAR"
        }}]}]')) as chunks
    from raw_google_ads__campaigns

),

rows as (

    select
        account,
        seq,
        page,
        flatten([chunk.results for chunk in chunks]) as nodes
    from parsed

),

campaigns as (

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
        coalesce(record.campaign.id, concat('page ', account, '/', seq, '/', page, '/', position)) as external_id,
        *
    from campaigns
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
    external_id as campaign_id,
    record.campaign.name as name,
    record.campaign.status as status,
    record.campaign.advertisingChannelType as objective,
    no_id(record.campaign.id, 'campaign_id') as reject_reason,
    null::varchar as payload
from latest

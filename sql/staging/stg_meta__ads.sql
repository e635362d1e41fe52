-- Meta ads, those that have ended or were deleted included, with the name of the ad set that each is in.
-- grain: account_id, ad_id
with parsed as (

    select
        account,
        seq,
        page,
        try(from_json(decode(body), '{"data": [{
            "id": "VARCHAR",
            "campaign_id": "VARCHAR",
            "adset_id": "VARCHAR",
            "name": "VARCHAR",
            "status": "VARCHAR",
            "effective_status": "VARCHAR",
            "creative": {"object_type": "VARCHAR"}
        }]}')).data as nodes
    from raw_meta__ads

),

ads as (

    select
        account,
        seq,
        page,
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from parsed

),

records as (

    select
        coalesce(record.id, concat('page ', account, '/', seq, '/', page, '/', position)) as external_id,
        *
    from ads
    where record is not null

),

latest as (

    select *
    from records
    qualify row_number() over (partition by external_id order by seq desc, page desc, position desc) = 1

),

ad_sets as (

    select
        seq,
        page,
        unnest(try(from_json(decode(body), '{"data": [{"id": "VARCHAR", "name": "VARCHAR"}]}')).data) as record
    from raw_meta__adsets

),

ad_set_names as (

    select
        record.id as ad_group_id,
        max_by(record.name, (seq, page)) as ad_group_name
    from ad_sets
    group by record.id

)

select
    latest.external_id,
    'meta' as source,
    'meta' as platform,
    latest.account as account_id,
    latest.record.campaign_id as campaign_id,
    latest.record.adset_id as ad_group_id,
    ad_set_names.ad_group_name,
    latest.external_id as ad_id,
    latest.record.name as name,
    lower(latest.record.creative.object_type) as format,
    coalesce(latest.record.effective_status, latest.record.status) as status,
    no_id(latest.record.id, 'ad_id') as reject_reason,
    null::varchar as payload
from latest
left join ad_set_names on ad_set_names.ad_group_id = latest.record.adset_id

-- Meta campaigns, those that have ended or were deleted included.
-- grain: account_id, campaign_id
with parsed as (

    select
        account,
        seq,
        page,
        try(from_json(decode(body), '{"data": [{
            "id": "VARCHAR",
            "name": "VARCHAR",
            "objective": "VARCHAR",
            "status": "VARCHAR",
            "effective_status": "VARCHAR"
        }]}')).data as nodes
    from raw_meta__campaigns

),

campaigns as (

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
    'meta' as source,
    'meta' as platform,
    account as account_id,
    external_id as campaign_id,
    record.name as name,
    coalesce(record.effective_status, record.status) as status,
    record.objective as objective,
    no_id(record.id, 'campaign_id') as reject_reason,
    null::varchar as payload
from latest

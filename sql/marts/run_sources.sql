-- The connected sources: how far and when each was read, in which zone and currency it counts.
-- grain: source
-- expects: stg__accounts(source varchar, account_id varchar, name varchar, currency varchar, time_zone varchar)
with sources as (

    select
        unnest(getvariable('sources')).name as source,
        unnest(getvariable('sources')).data_through as data_through,
        unnest(getvariable('sources')).loaded_at as loaded_at,
        unnest(getvariable('sources')).time_zone as time_zone

),

accounts as (

    select source, account_id, currency, time_zone from stg__accounts
    union all
    select source, account_id, currency, time_zone from stg__shops

),

described as (

    select
        source,
        string_agg(distinct currency, ', ' order by currency) as currency,
        string_agg(distinct time_zone, ', ' order by time_zone) as time_zone
    from accounts
    group by source

)

select
    sources.source,
    sources.data_through,
    sources.loaded_at,
    coalesce(described.time_zone, sources.time_zone) as time_zone,
    described.currency
from sources
left join described using (source)

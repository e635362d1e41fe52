-- Every connected source was read within two days, and has rows of the last days that count.
-- severity: warning
with sources as (

    select
        unnest(getvariable('sources')).name as source,
        unnest(getvariable('sources')).loaded_at as loaded_at

),

newest as (

    select
        source,
        max(day) as day
    from source_days
    group by source

)

select sources.source || ' was not read within two days' as key
from sources
where sources.loaded_at is null or sources.loaded_at < getvariable('run_started_at') - interval 48 hours
union all
select concat_ws(' ', sources.source, 'has no rows after', coalesce(newest.day::varchar, 'the start')) as key
from sources
left join newest using (source)
where newest.day is null or newest.day < getvariable('data_through') - 2

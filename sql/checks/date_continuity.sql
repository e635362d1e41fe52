-- No day is missing: from the calendar, or from a connected source in the last 14 days that count.
-- severity: warning
with sources as (

    select unnest(getvariable('sources')).name as source

),

firsts as (

    select
        source,
        min(day) as first_day
    from source_days
    group by source

),

-- A source that has just begun is asked from its first day on.
expected as (

    select
        sources.source,
        unnest(
            generate_series(
                greatest(getvariable('data_through') - 13, firsts.first_day)::timestamp,
                getvariable('data_through')::timestamp,
                interval 1 day
            )
        )::date as day
    from sources
    left join firsts using (source)

),

neighbours as (

    select
        date_key,
        lead(date_key) over (order by date_key) as next_key
    from dim_date

)

select concat('dim_date after ', date_key) as key
from neighbours
where next_key != date_key + 1
union all
select concat(expected.source, ' ', expected.day) as key
from expected
anti join source_days using (source, day)

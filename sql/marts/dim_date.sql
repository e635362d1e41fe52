-- Days, without a gap: from the first fact or 400 days back, to the last fact or a month ahead.
-- grain: date_key
-- whole
with fact_days as (

    select day as date_key from day_sums where orders > 0
    union
    select date_key from fact_refunds
    union
    select date_key from fact_spend
    union
    select date_key from fact_ad_spend
    union
    select date_key from fact_keyword_spend
    union
    select date_key from fact_traffic

),

ends as (

    select
        least(min(date_key), getvariable('data_through') - 400) as first_day,
        greatest(max(date_key), getvariable('data_through') + 31) as last_day
    from fact_days

),

days as (

    select unnest(generate_series(first_day, last_day, interval 1 day))::date as date_key
    from ends

),

events as (

    select
        unnest(getvariable('calendar')).day as date_key,
        unnest(getvariable('calendar')).event as event_name

)

select
    days.date_key,
    year(days.date_key)::integer as year,
    quarter(days.date_key)::integer as quarter,
    month(days.date_key)::integer as month,
    week(days.date_key)::integer as iso_week,
    isoyear(days.date_key)::integer as iso_year,
    isodow(days.date_key)::integer as day_of_week,
    date_trunc('month', days.date_key)::date as month_start,
    isodow(days.date_key) >= 6 as is_weekend,
    events.event_name
from days
left join events using (date_key)
order by days.date_key

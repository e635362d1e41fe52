-- The one touch that decides an order's channel, put together field by field, in lower case.
-- grain: order_key
-- temporary
with words as (

    select * from channel_words

),

click_ids as (

    select
        parameters.order_key,
        bool_or(words.list = 'google_click_id') as has_google_click_id,
        bool_or(words.list = 'other_click_id') as has_other_click_id
    from touch_parameters as parameters
    inner join words on words.word = parameters.name and words.list in ('google_click_id', 'other_click_id')
    group by parameters.order_key

),

parameters as (

    select
        order_key,
        max(value) filter (where name = 'utm_source') as utm_source,
        max(value) filter (where name = 'utm_medium') as utm_medium,
        max(value) filter (where name = 'utm_campaign') as utm_campaign,
        max(value) filter (where name = 'utm_id') as utm_id,
        max(value) filter (where name = 'fbclid') as fbclid
    from touch_parameters
    group by order_key

),

visits as (

    select
        order_key,
        source_name,
        landing_page,
        referrer_url,
        lower(trim(utm_source)) as utm_source,
        lower(trim(utm_medium)) as utm_medium,
        lower(trim(utm_campaign)) as utm_campaign,
        regexp_extract(lower(trim(referrer_url)), '^(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/:?#]+)', 1) as host
    from stg__orders

),

missing_words as (

    select list(word) as words
    from words
    where list = 'missing'

)

select
    visits.order_key,
    visits.source_name,
    visits.landing_page,
    visits.referrer_url,
    nullif(visits.host, '') as referrer_host,
    coalesce(
        case when not list_contains(missing_words.words, visits.utm_source) then visits.utm_source end,
        parameters.utm_source
    ) as utm_source,
    coalesce(
        case when not list_contains(missing_words.words, visits.utm_medium) then visits.utm_medium end,
        parameters.utm_medium
    ) as utm_medium,
    coalesce(
        case when not list_contains(missing_words.words, visits.utm_campaign) then visits.utm_campaign end,
        parameters.utm_campaign
    ) as utm_campaign,
    parameters.utm_id,
    parameters.fbclid is not null as has_fbclid,
    coalesce(click_ids.has_google_click_id, false) as has_google_click_id,
    coalesce(click_ids.has_other_click_id, false) as has_other_click_id
from visits
cross join missing_words
left join parameters using (order_key)
left join click_ids using (order_key)

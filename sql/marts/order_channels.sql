-- The channel of an order, and which rule told it: the first that matches.
-- grain: order_key
-- temporary
with touches as (

    select
        touches.*,
        lists.*,
        utm_source is not null or utm_medium is not null as has_utm,
        list_has_any(string_split(referrer_host, '.'), lists.search) as is_search_host,
        list_has_any(string_split(referrer_host, '.'), lists.social) as is_social_host,
        exists (
            select 1
            from own_hosts
            where own_hosts.host = touches.referrer_host or ends_with(touches.referrer_host, '.' || own_hosts.host)
        ) as is_own_host,
        coalesce(regexp_full_match(utm_medium, '.*cp.*|ppc|retargeting|paid.*'), false) as is_paid_medium
    from order_touches as touches
    cross join word_lists as lists

),

ruled as (

    select
        order_key,
        utm_campaign,
        utm_id,
        case
            when source_name = 'pos' then (1, 'pos')
            when landing_page is null and referrer_url is null and not has_utm and source_name is distinct from 'web'
                then (2, 'other')
            when has_google_click_id then (3, 'google')
            when has_other_click_id then (4, 'paid_other')
            when is_paid_medium and list_contains(meta_source, utm_source) then (5, 'meta')
            when is_paid_medium and list_contains(google_source, utm_source) then (5, 'google')
            when is_paid_medium then (5, 'paid_other')
            when list_contains(email, utm_medium) or list_contains(email, utm_source) then (6, 'email')
            when utm_medium = 'sms' or utm_source = 'sms' then (7, 'sms')
            when utm_medium in ('affiliate', 'affiliates') then (7, 'affiliate')
            when utm_medium in ('social', 'social-network', 'social-media', 'sm') or list_contains(social, utm_source)
                then (8, 'organic_social')
            when utm_medium = 'organic' or list_contains(search, utm_source) then (9, 'organic_search')
            when utm_medium in ('referral', 'app', 'link') then (10, 'referral')
            when has_utm then (10, 'other')
            when has_fbclid then (11, 'organic_social')
            when is_own_host then (12, 'direct')
            when is_search_host then (12, 'organic_search')
            when is_social_host then (12, 'organic_social')
            when referrer_host is not null then (12, 'referral')
            else (13, 'direct')
        end as rule
    from touches

)

select
    ruled.order_key,
    ruled.utm_campaign,
    ruled.utm_id,
    channels.slug,
    channels.channel_key,
    ruled.rule[1]::smallint as attribution_rule
from ruled
inner join dim_channel as channels on channels.slug = ruled.rule[2]

-- What Meta reports by day, of campaigns and of ads: every row as it came, typed, with the reason why it is no good.
-- grain: level, account, seq, page, position
-- temporary
-- kept
with pages as (

    select
        'campaign' as level,
        unit_stream as stream,
        account,
        seq,
        page,
        days,
        body
    from raw_meta__campaign_insights
    union all
    select
        'ad' as level,
        unit_stream as stream,
        account,
        seq,
        page,
        days,
        body
    from raw_meta__ad_insights

),

parsed as (

    select
        * exclude (body),
        try(from_json(decode(body), '{"data": [{
            "account_currency": "VARCHAR",
            "campaign_id": "VARCHAR",
            "campaign_name": "VARCHAR",
            "adset_id": "VARCHAR",
            "adset_name": "VARCHAR",
            "ad_id": "VARCHAR",
            "ad_name": "VARCHAR",
            "date_start": "VARCHAR",
            "impressions": "VARCHAR",
            "clicks": "VARCHAR",
            "inline_link_clicks": "VARCHAR",
            "spend": "VARCHAR",
            "actions": "VARCHAR",
            "action_values": "VARCHAR",
            "attribution_setting": "VARCHAR"
        }]}')).data as nodes
    from pages

),

rows as (

    select
        * exclude (nodes),
        unnest(nodes) as record,
        generate_subscripts(nodes, 1) as position
    from parsed

),

-- Parsed by themselves, so that what is no list is told from a list that is not there.
acted as (

    select
        *,
        try(from_json(record.actions, '[{"action_type": "VARCHAR", "value": "VARCHAR"}]')) as actions,
        try(from_json(record.action_values, '[{"action_type": "VARCHAR", "value": "VARCHAR"}]')) as action_values
    from rows
    where record is not null

),

-- A purchase is listed under several overlapping types: one of them is taken, for count and value alike.
listed as (

    select
        *,
        case when level = 'ad' then record.ad_id else record.campaign_id end as id,
        try_cast(record.date_start as date) as date,
        [one.action_type for one in list_concat(actions, action_values)] as types,
        case
            when list_contains(types, 'omni_purchase') then ['omni_purchase']
            when list_contains(types, 'purchase') then ['purchase']
            else ['offsite_conversion.fb_pixel_purchase', 'onsite_web_purchase']
        end as chosen_types
    from acted

),

typed as (

    select
        *,
        case
            when id is null or record.date_start is null then concat('page ', seq, '/', page, '/', position)
            else concat(account, '/', id, '/', record.date_start)
        end as external_id,
        try_cast(record.spend as decimal(18, 6)) as spend,
        whole(record.impressions) as impressions,
        whole(record.inline_link_clicks) as link_clicks,
        whole(record.clicks) as clicks_all,
        total([
            case when one.action_type is not null then one.value end
            for one in actions
            if coalesce(list_contains(chosen_types, one.action_type), true)
        ]) as purchases,
        total([
            case when one.action_type is not null then one.value end
            for one in action_values
            if coalesce(list_contains(chosen_types, one.action_type), true)
        ]) as purchase_value
    from listed
    where date is null or list_contains(days, date)

)

select
    level,
    external_id,
    stream,
    account,
    seq,
    page,
    position,
    record.campaign_id as campaign_id,
    record.campaign_name as campaign_name,
    record.adset_id as ad_group_id,
    record.ad_id as ad_id,
    record.ad_name as ad_name,
    record.account_currency as currency,
    record.attribution_setting as attribution_window,
    coalesce(spend, 0)::decimal(18, 6) as spend_original,
    coalesce(typed.impressions, 0) as impressions,
    coalesce(link_clicks, 0) as clicks,
    coalesce(typed.clicks_all, 0) as clicks_all,
    purchases::decimal(18, 6) as conversions,
    purchase_value::decimal(24, 12) as conversion_value_original,
    date,
    coalesce(
        case when level = 'ad' then no_id(record.ad_id, 'ad_id') end,
        no_id(record.campaign_id, 'campaign_id'),
        missing(record.date_start, 'date'),
        not_a_time(record.date_start, date, 'date'),
        not_a_number(record.spend, spend, 'spend'),
        not_a_number(record.impressions, typed.impressions, 'impressions'),
        not_a_number(record.inline_link_clicks, link_clicks, 'clicks'),
        not_a_number(record.clicks, typed.clicks_all, 'clicks_all'),
        unread(record.actions, actions, 'conversions'),
        unread(record.action_values, action_values, 'conversion_value'),
        not_a_number('actions', purchases, 'conversions'),
        not_a_number('action_values', purchase_value, 'conversion_value')
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from typed

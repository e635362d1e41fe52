-- Sessions and the funnel as GA4 counts them, by day, default channel group, source and medium.
-- grain: account_id, date, channel_group, traffic_source, traffic_medium
with parsed as (

    select
        account,
        seq,
        page,
        days,
        try(from_json(decode(body), '{
            "rows": [{"dimensionValues": [{"value": "VARCHAR"}], "metricValues": [{"value": "VARCHAR"}]}],
            "metadata": {"currencyCode": "VARCHAR"}
        }')) as answer
    from raw_ga4__traffic

),

rows as (

    select
        account,
        seq,
        page,
        days,
        answer.metadata.currencyCode as currency,
        unnest(answer.rows) as record,
        generate_subscripts(answer.rows, 1) as position
    from parsed

),

-- Values stand in the order in which the connector asks for them.
named as (

    select
        * exclude (record),
        record,
        record.dimensionValues[1].value as date_text,
        coalesce(record.dimensionValues[2].value, '') as channel_group,
        coalesce(record.dimensionValues[3].value, '') as traffic_source,
        coalesce(record.dimensionValues[4].value, '') as traffic_medium,
        [one.value for one in record.metricValues] as metrics
    from rows
    where record is not null

),

records as (

    select
        concat_ws('/', account, date_text, channel_group, traffic_source, traffic_medium) as external_id,
        * exclude (days),
        try_strptime(date_text, '%Y%m%d')::date as date
    from named
    where date is null or list_contains(days, date)

),

latest as (

    select *
    from records
    qualify row_number() over (partition by external_id order by seq desc, page desc, position desc) = 1

),

typed as (

    select
        *,
        whole(metrics[1]) as sessions,
        whole(metrics[2]) as engaged_sessions,
        whole(metrics[3]) as users,
        whole(metrics[4]) as new_users,
        whole(metrics[5]) as item_views,
        whole(metrics[6]) as add_to_carts,
        whole(metrics[7]) as checkouts,
        whole(metrics[8]) as purchases,
        try_cast(metrics[9] as decimal(24, 12)) as purchase_revenue
    from latest

)

select
    external_id,
    'ga4' as source,
    account as account_id,
    channel_group,
    traffic_source,
    traffic_medium,
    currency,
    sessions,
    coalesce(typed.engaged_sessions, 0) as engaged_sessions,
    coalesce(typed.users, 0) as users,
    coalesce(typed.new_users, 0) as new_users,
    coalesce(typed.item_views, 0) as item_views,
    coalesce(typed.add_to_carts, 0) as add_to_carts,
    coalesce(typed.checkouts, 0) as checkouts,
    coalesce(typed.purchases, 0) as purchases,
    coalesce(purchase_revenue, 0) as purchase_revenue_original,
    date,
    coalesce(
        missing(date_text, 'date'),
        not_a_time(date_text, date, 'date'),
        missing(channel_group, 'channel_group'),
        missing(metrics[1], 'sessions'),
        not_a_number(metrics[1], typed.sessions, 'sessions'),
        not_a_number(metrics[2], typed.engaged_sessions, 'engaged_sessions'),
        not_a_number(metrics[3], typed.users, 'users'),
        not_a_number(metrics[4], typed.new_users, 'new_users'),
        not_a_number(metrics[5], typed.item_views, 'item_views'),
        not_a_number(metrics[6], typed.add_to_carts, 'add_to_carts'),
        not_a_number(metrics[7], typed.checkouts, 'checkouts'),
        not_a_number(metrics[8], typed.purchases, 'purchases'),
        not_a_number(metrics[9], purchase_revenue, 'purchase_revenue')
    ) as reject_reason,
    case when reject_reason is not null then to_json(record)::varchar end as payload
from typed

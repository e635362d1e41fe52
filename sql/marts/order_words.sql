-- The words by which an order that came through a platform of ours may name its campaign.
-- grain: order_key
-- temporary
-- lasting
select
    channels.order_key,
    channels.slug as platform,
    trim(regexp_replace(replace(channels.utm_id, '+', ' '), '\s+', ' ', 'g')) as utm_id,
    trim(regexp_replace(replace(channels.utm_campaign, '+', ' '), '\s+', ' ', 'g')) as utm_campaign,
    orders.order_date
from order_channels as channels
inner join stg__orders as orders using (order_key)
where channels.slug in ('meta', 'google') and coalesce(channels.utm_id, channels.utm_campaign) is not null

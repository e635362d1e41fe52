-- The campaign of an order that came through a platform of ours: by id, else by name.
-- grain: order_key
-- temporary
with orders as (

    select
        channels.order_key,
        channels.slug as platform,
        trim(regexp_replace(replace(channels.utm_id, '+', ' '), '\s+', ' ', 'g')) as utm_id,
        trim(regexp_replace(replace(channels.utm_campaign, '+', ' '), '\s+', ' ', 'g')) as utm_campaign,
        orders.order_date
    from order_channels as channels
    inner join stg__orders as orders using (order_key)
    where channels.slug in ('meta', 'google') and coalesce(channels.utm_id, channels.utm_campaign) is not null

),

campaigns as (

    select
        campaign_key,
        platform,
        campaign_id,
        last_seen,
        lower(trim(regexp_replace(replace(campaign_id, '+', ' '), '\s+', ' ', 'g'))) as id_word,
        lower(trim(regexp_replace(replace(name, '+', ' '), '\s+', ' ', 'g'))) as name_word
    from dim_campaign

),

-- Lower ranks first: the id as an id, the id as a name of the tag, then names.
candidates as (

    select orders.order_key, orders.order_date, campaigns.*, 1 as rank
    from orders
    inner join campaigns on campaigns.platform = orders.platform and campaigns.id_word = orders.utm_id

    union all

    select orders.order_key, orders.order_date, campaigns.*, 2 as rank
    from orders
    inner join campaigns on campaigns.platform = orders.platform and campaigns.id_word = orders.utm_campaign

    union all

    select orders.order_key, orders.order_date, campaigns.*, 3 as rank
    from orders
    inner join campaigns on campaigns.platform = orders.platform and campaigns.name_word = orders.utm_campaign

    union all

    select orders.order_key, orders.order_date, campaigns.*, 4 as rank
    from orders
    inner join campaigns on campaigns.platform = orders.platform and campaigns.name_word = orders.utm_id

)

select
    candidates.order_key,
    candidates.campaign_key
from candidates
left join spend_converted as spend
    on spend.level = 'campaign'
    and spend.campaign_key = candidates.campaign_key
    and spend.date = candidates.order_date
    and spend.spend_original > 0
qualify row_number() over (
    partition by candidates.order_key
    order by
        candidates.rank,
        (spend.campaign_key is not null) desc,
        candidates.last_seen desc nulls last,
        try_cast(candidates.campaign_id as bigint) nulls last,
        candidates.campaign_id
) = 1

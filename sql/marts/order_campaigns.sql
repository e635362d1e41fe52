-- The campaign of an order that came through a platform of ours: by id, else by name.
-- grain: order_key
-- temporary
with tags as (

    -- Lower ranks first: the id as an id, the id as a name of the tag, then names.
    select order_key, order_date, platform, utm_id as word, false as is_name, 1 as rank from order_words
    union all
    select order_key, order_date, platform, utm_campaign as word, false as is_name, 2 as rank from order_words
    union all
    select order_key, order_date, platform, utm_campaign as word, true as is_name, 3 as rank from order_words
    union all
    select order_key, order_date, platform, utm_id as word, true as is_name, 4 as rank from order_words

)

select
    tags.order_key,
    words.campaign_key
from tags
inner join campaign_words as words using (platform, is_name, word)
left join contested_days as spend
    on spend.campaign_key = words.campaign_key
    and spend.date = tags.order_date
qualify row_number() over (
    partition by tags.order_key
    order by tags.rank, (spend.campaign_key is not null) desc, words.place
) = 1

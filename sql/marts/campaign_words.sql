-- The words that name a campaign of a platform, its id and its name. Of several that bear one word the last that was seen
-- comes first.
-- grain: platform, is_name, word, campaign_key
-- temporary
with words as (

    select
        campaign_key,
        platform,
        campaign_id,
        last_seen,
        unnest([false, true]) as is_name,
        unnest([campaign_id, name]) as given
    from dim_campaign

),

cleaned as (

    select
        * exclude (given),
        lower(trim(regexp_replace(replace(given, '+', ' '), '\s+', ' ', 'g'))) as word
    from words

)

select
    platform,
    is_name,
    word,
    campaign_key,
    row_number() over (
        partition by platform, is_name, word
        order by last_seen desc nulls last, try_cast(campaign_id as bigint) nulls last, campaign_id
    ) as place,
    count(*) over (partition by platform, is_name, word) > 1 as is_contested
from cleaned
where word is not null

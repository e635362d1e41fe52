-- Keywords, those known only by what they spent included. A criterion's number tells it apart only within its ad group.
-- grain: keyword_key
-- expects: stg__keywords(source varchar, platform varchar, account_id varchar, campaign_id varchar, keyword_id varchar, text varchar, match_type varchar)
with listed as (

    select
        platform || ':' || keyword_id as keyword_key,
        platform || ':' || campaign_id as campaign_key,
        text,
        match_type
    from stg__keywords

),

spent as (

    select
        item_key as keyword_key,
        arg_max(campaign_key, date) as campaign_key,
        arg_max(text, date) as text,
        arg_max(match_type, date) as match_type
    from spend_converted
    where level = 'keyword'
    group by item_key

)

select
    keyword_key,
    coalesce(listed.campaign_key, spent.campaign_key) as campaign_key,
    coalesce(listed.text, spent.text) as text,
    coalesce(listed.match_type, spent.match_type) as match_type
from listed
full join spent using (keyword_key)

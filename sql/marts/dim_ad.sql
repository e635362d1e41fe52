-- Ads of all platforms, those known only by what they spent included. An ad group is an ad set at Meta.
-- grain: ad_key
-- expects: stg__ads(source varchar, platform varchar, account_id varchar, campaign_id varchar, ad_group_id varchar, ad_group_name varchar, ad_id varchar, name varchar, format varchar)
with listed as (

    select
        platform || ':ad:' || ad_id as ad_key,
        platform || ':' || campaign_id as campaign_key,
        ad_group_id,
        ad_group_name,
        ad_id,
        name,
        format
    from stg__ads

),

-- What an ad's spend tells of it, as it was called last.
spent as (

    select
        item_key as ad_key,
        arg_max(campaign_key, date) as campaign_key,
        arg_max(ad_group_id, date) as ad_group_id,
        arg_max(ad_id, date) as ad_id,
        arg_max(ad_name, date) as name
    from spend_converted
    where level = 'ad'
    group by item_key

)

select
    ad_key,
    coalesce(listed.campaign_key, spent.campaign_key) as campaign_key,
    coalesce(listed.ad_group_id, spent.ad_group_id) as ad_group_id,
    listed.ad_group_name,
    coalesce(listed.ad_id, spent.ad_id) as ad_id,
    coalesce(listed.name, spent.name) as name,
    listed.format
from listed
full join spent using (ad_key)

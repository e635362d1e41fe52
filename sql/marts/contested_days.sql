-- The days on which campaigns that share a word with another one spent.
-- grain: campaign_key, date
-- temporary
select
    campaign_key,
    date
from spend_converted
semi join (select campaign_key from campaign_words where is_contested) as contested using (campaign_key)
where level = 'campaign' and spend_original > 0
group by campaign_key, date

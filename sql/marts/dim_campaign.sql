-- Campaigns of all ad platforms, those known only by their spend or by what is in them included, and one for orders that
-- name none.
-- grain: campaign_key
-- expects: stg__campaigns(source varchar, platform varchar, account_id varchar, campaign_id varchar, name varchar)
-- expects: stg__campaigns(status varchar, objective varchar)
with inside as (

    select source, platform, account_id, campaign_id from stg__ads
    union all
    select source, platform, account_id, campaign_id from stg__keywords

),

listed as (

    select
        source,
        platform,
        account_id,
        campaign_id,
        name,
        status,
        objective
    from stg__campaigns

    union all by name

    -- Of an ad or a keyword nothing is taken but that its campaign exists.
    select distinct
        source,
        platform,
        account_id,
        campaign_id
    from inside
    anti join stg__campaigns using (platform, campaign_id)

),

-- What a campaign's spend tells of it, as it was called last.
spent as (

    select
        platform,
        campaign_id,
        arg_max(source, date) as source,
        arg_max(account_id, date) as account_id,
        arg_max(campaign_name, date) as name,
        arg_max(currency, date) as currency,
        min(date) as first_seen,
        max(date) as last_seen
    from spend_converted
    group by platform, campaign_id

),

accounts as (

    select
        source,
        account_id,
        currency
    from stg__accounts

),

campaigns as (

    select
        platform || ':' || campaign_id as campaign_key,
        platform,
        coalesce(listed.account_id, spent.account_id) as account_id,
        campaign_id,
        coalesce(listed.name, spent.name) as name,
        listed.status,
        listed.objective,
        coalesce(accounts.currency, spent.currency) as currency,
        spent.first_seen,
        spent.last_seen
    from listed
    full join spent using (platform, campaign_id)
    left join accounts
        on accounts.source = coalesce(listed.source, spent.source)
        and accounts.account_id = coalesce(listed.account_id, spent.account_id)

)

select
    campaigns.campaign_key,
    campaigns.platform,
    campaigns.account_id,
    campaigns.campaign_id,
    campaigns.name,
    campaigns.status,
    campaigns.objective,
    channels.channel_key,
    campaigns.currency,
    campaigns.first_seen,
    campaigns.last_seen
from campaigns
-- A platform without a channel of its own is paid and other.
inner join dim_channel as channels
    on channels.slug = case when campaigns.platform in ('meta', 'google') then campaigns.platform else 'paid_other' end

union all by name

select
    'unknown' as campaign_key,
    'unknown' as platform,
    'Unknown' as name,
    0::smallint as channel_key

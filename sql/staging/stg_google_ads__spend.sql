-- What Google Ads reports by campaign and day, campaigns without ads or keywords included.
-- grain: account_id, campaign_id, date
with records as (

    select
        external_id,
        account_id,
        campaign_id,
        campaign_name,
        currency,
        spend_original,
        impressions,
        clicks,
        clicks as clicks_all,
        conversions,
        conversion_value_original,
        date,
        is_latest,
        reject_reason,
        payload
    from stg_google_ads__metric_rows
    where level = 'campaign'

)

select
    * exclude (is_latest),
    'google_ads' as source,
    'google' as platform,
    null::varchar as attribution_window
from records
where is_latest

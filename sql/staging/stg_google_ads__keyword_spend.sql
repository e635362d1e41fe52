-- What Google Ads reports by keyword and day. What no keyword brought, such as Performance Max, is not in here.
-- grain: account_id, keyword_id, date
with records as (

    select
        external_id,
        account_id,
        campaign_id,
        ad_group_id,
        criterion_id,
        keyword_id,
        text,
        match_type,
        currency,
        spend_original,
        impressions,
        clicks,
        conversions,
        conversion_value_original,
        date,
        is_latest,
        reject_reason,
        payload
    from stg_google_ads__metric_rows
    where level = 'keyword'

)

select
    * exclude (is_latest),
    'google_ads' as source,
    'google' as platform
from records
where is_latest

-- What Meta reports by ad and day. Clicks are link clicks; what Meta leaves out is zero.
-- grain: account_id, ad_id, date
with records as (

    select
        external_id,
        account_id,
        campaign_id,
        ad_group_id,
        ad_id,
        ad_name,
        currency,
        attribution_window,
        spend_original,
        impressions,
        clicks,
        clicks_all,
        conversions,
        conversion_value_original,
        date,
        is_latest,
        reject_reason,
        payload
    from stg_meta__insight_rows
    where level = 'ad'

)

select
    * exclude (is_latest),
    'meta' as source,
    'meta' as platform
from records
where is_latest

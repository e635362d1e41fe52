-- What Google Ads reports by ad and day. Campaigns without ads, such as Performance Max, are not in here.
-- grain: account_id, ad_id, date
with records as (

    select
        external_id,
        account as account_id,
        campaign_id,
        ad_group_id,
        ad_id,
        ad_name,
        currency,
        spend_original,
        impressions,
        clicks,
        clicks as clicks_all,
        conversions,
        conversion_value_original,
        date,
        seq,
        page,
        position,
        reject_reason,
        payload
    from stg_google_ads__metric_rows
    where level = 'ad'

)

select
    * exclude (seq, page, position),
    'google_ads' as source,
    'google' as platform,
    null::varchar as attribution_window
from records
qualify row_number() over (partition by external_id order by seq desc, page desc, position desc) = 1

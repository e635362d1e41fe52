-- What Google Ads reports by keyword and day. What no keyword brought, such as Performance Max, is not in here.
-- grain: account_id, keyword_id, date
with records as (

    select
        external_id,
        account as account_id,
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
        seq,
        page,
        position,
        reject_reason,
        payload
    from stg_google_ads__metric_rows
    where level = 'keyword'

)

select
    * exclude (seq, page, position),
    'google_ads' as source,
    'google' as platform
from records
qualify row_number() over (partition by external_id order by seq desc, page desc, position desc) = 1

-- What Meta reports by campaign and day. Clicks are link clicks; what Meta leaves out is zero.
-- grain: account_id, campaign_id, date
with records as (

    select
        external_id,
        account as account_id,
        campaign_id,
        campaign_name,
        currency,
        attribution_window,
        spend_original,
        impressions,
        clicks,
        clicks_all,
        conversions,
        conversion_value_original,
        date,
        seq,
        page,
        position,
        reject_reason,
        payload
    from stg_meta__insight_rows
    where level = 'campaign'

)

select
    * exclude (seq, page, position),
    'meta' as source,
    'meta' as platform
from records
qualify row_number() over (partition by external_id order by seq desc, page desc, position desc) = 1

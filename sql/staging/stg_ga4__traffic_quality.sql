-- Days of which GA4 says that its traffic report is not the whole truth, and why; other days have no row.
-- grain: account_id, date
with parsed as (

    select
        account,
        days,
        -- Which days a page is about stands in its request: one without rows does not say it.
        coalesce(try_cast(regexp_extract(request, 'startDate ([0-9-]+)', 1) as date), unit_start) as first_day,
        coalesce(try_cast(regexp_extract(request, 'endDate ([0-9-]+)', 1) as date), unit_end) as last_day,
        try(from_json(decode(body), '{"metadata": {
            "dataLossFromOtherRow": "BOOLEAN",
            "subjectToThresholding": "BOOLEAN",
            "samplingMetadatas": [{"samplesReadCount": "VARCHAR", "samplingSpaceSize": "VARCHAR"}]
        }}')).metadata as told
    from raw_ga4__traffic
    where try(regexp_matches(decode(body), 'dataLossFromOtherRow|subjectToThresholding|samplingMetadatas'))

),

flagged as (

    select
        account,
        first_day,
        last_day,
        unnest(days) as date,
        coalesce(told.dataLossFromOtherRow, false) as data_loss,
        coalesce(told.subjectToThresholding, false) as thresholded,
        coalesce(len(told.samplingMetadatas), 0) > 0 as sampled,
        whole(told.samplingMetadatas[1].samplesReadCount) as samples_read,
        whole(told.samplingMetadatas[1].samplingSpaceSize) as sampling_space
    from parsed

),

records as (

    select
        account || '/' || date as external_id,
        *
    from flagged
    where date between first_day and last_day and (data_loss or thresholded or sampled)

)

select
    external_id,
    account as account_id,
    date,
    bool_or(data_loss) as data_loss,
    bool_or(thresholded) as thresholded,
    bool_or(sampled) as sampled,
    max(samples_read) as samples_read,
    max(sampling_space) as sampling_space,
    null::varchar as reject_reason,
    null::varchar as payload
from records
group by external_id, account, date

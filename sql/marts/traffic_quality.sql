-- Days on which GA4 rolled rows into an (other) row, withheld small ones or read a sample; other days have no row.
-- grain: date_key, account_id
-- expects: stg__traffic_quality(account_id varchar, date date, data_loss boolean, thresholded boolean, sampled boolean, samples_read bigint, sampling_space bigint)
select
    date as date_key,
    account_id,
    data_loss,
    thresholded,
    sampled,
    samples_read,
    sampling_space
from stg__traffic_quality

-- Events by day and name, as GA4 counts them: for people and their own SQL; no KPI reads it. Users do not add up.
-- grain: date_key, account_id, event_name
-- expects: stg__events(account_id varchar, event_name varchar, event_count bigint, users bigint, key_events decimal(18, 6), date date)
select
    date as date_key,
    account_id,
    event_name,
    event_count,
    users,
    key_events
from stg__events

-- What was told about an alert, and when; no run has filled it yet.
-- grain: fingerprint
select
    null::varchar as fingerprint,
    null::varchar as state,
    null::timestamp as active_since,
    null::timestamp as last_seen,
    null::timestamp as last_notified,
    null::timestamp as resolved_at
where false

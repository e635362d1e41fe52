-- What was told of each alert last, and when, as of this build; `growthos alerts` says how they stand now.
-- grain: fingerprint
with told as (

    select unnest(getvariable('told')) as alert

)

select
    alert.fingerprint,
    alert.state,
    alert.active_since,
    alert.last_seen,
    alert.last_notified,
    alert.resolved_at
from told

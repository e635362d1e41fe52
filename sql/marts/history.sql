-- Where the loaded orders begin: before that, customers may have bought what nobody here has seen.
-- grain: every row
-- temporary
-- together
select
    -- The later of the two, and the earliest order may be one of those not looked at; both leave out nulls.
    greatest(
        getvariable('history_lower_bound')::timestamp,
        least(getvariable('earliest_order'), min(created_at))
    ) as history_start
from order_headers

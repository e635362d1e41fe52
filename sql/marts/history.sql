-- Where the loaded orders begin: before that, customers may have bought what nobody here has seen.
-- grain: every row
-- temporary
select
    -- The later of the two; greatest() leaves out nulls.
    greatest(getvariable('history_lower_bound')::timestamp, min(created_at)) as history_start
from stg__orders

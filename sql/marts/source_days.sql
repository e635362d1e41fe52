-- The days on which each source has a row.
-- grain: source, day
-- temporary
-- whole
select source, day from day_sums where orders > 0
union
select source, date as day from stg__spend
union
select source, date as day from stg__traffic

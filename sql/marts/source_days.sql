-- The days on which each source has a row.
-- grain: source, day
-- temporary
-- whole
select source, order_date as day from order_days
union
select source, date as day from stg__spend
union
select source, date as day from stg__traffic

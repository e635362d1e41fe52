-- Hosts that are the shop's own: a visit from there came from nowhere else.
-- grain: host
-- temporary
with hosts as (

    select internal_host as host from stg__shops
    union
    select primary_host as host from stg__shops
    union
    select unnest(['checkout.shopify.com', 'shop.app', 'pay.shopify.com']) as host

)

select regexp_replace(host, '^www\.', '') as host
from hosts
where host is not null
group by all

-- Customers: those of the shop, those known only by an order, guests by the hash of their e-mail, and nobody.
-- grain: customer_key
-- together
-- expects: stg__customers(source varchar, customer_key varchar, email_sha256 varchar, country varchar, region varchar)
-- expects: stg__customers(customer_number bigint, number_of_orders bigint, created_at timestamp)
with orders as (

    select
        headers.*,
        buyers.customer_key,
        buyers.customer_order_seq = 1 as is_first
    from order_headers as headers
    inner join order_buyers as buyers using (order_key)
    where buyers.customer_key != 'unknown'

),

bought as (

    select
        customer_key,
        count(*) filter (where is_counted)::integer as counted_orders,
        max(order_date) filter (where is_counted) as last_order_date,
        arg_max(email_sha256, (ordered_at, order_number)) as email_sha256,
        arg_max(country, (ordered_at, order_number)) as country,
        arg_max(region, (ordered_at, order_number)) as region
    from orders
    group by customer_key

),

firsts as (

    select
        customer_key,
        order_date as first_order_date,
        order_key as first_order_key,
        channel_key as first_channel_key,
        campaign_key as first_campaign_key
    from orders
    where is_first

),

listed as (

    select
        customers.customer_key,
        customers.source,
        customers.email_sha256,
        customers.created_at as created_utc,
        priors.prior_orders::integer as prior_orders,
        customers.country,
        customers.region
    from stg__customers as customers
    inner join customer_priors as priors using (customer_key)

    union all by name

    select
        customer_key,
        split_part(customer_key, ':', 1) as source,
        case when customer_key like 'guest:%' then email_sha256 end as email_sha256,
        0 as prior_orders,
        case when customer_key like 'guest:%' then country end as country,
        case when customer_key like 'guest:%' then region end as region
    from bought
    anti join stg__customers using (customer_key)

    union all by name

    select
        'unknown' as customer_key,
        'unknown' as source,
        0 as prior_orders

)

select
    listed.customer_key,
    listed.source,
    listed.email_sha256,
    listed.created_utc,
    firsts.first_order_date,
    firsts.first_order_key,
    firsts.first_channel_key,
    firsts.first_campaign_key,
    date_trunc('month', firsts.first_order_date)::date as cohort_month,
    listed.prior_orders,
    coalesce(bought.counted_orders, 0) as counted_orders,
    bought.last_order_date,
    listed.country,
    listed.region,
    -- A number for the key: few customers are found by it among many in a fifth of the time.
    hash(listed.customer_key) as customer_hash
from listed
left join bought using (customer_key)
left join firsts using (customer_key)

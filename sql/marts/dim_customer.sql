-- Customers: those of the shop, those known only by an order, guests by the hash of their e-mail, and nobody.
-- grain: customer_key
with orders as (

    select
        fact.*,
        staged.email_sha256,
        staged.country,
        staged.region,
        staged.order_number
    from fact_orders as fact
    inner join stg__orders as staged using (order_key)
    where fact.customer_key != 'unknown'

),

bought as (

    select
        customer_key,
        count(*) filter (where is_counted)::integer as counted_orders,
        max(date_key) filter (where is_counted) as last_order_date,
        arg_max(email_sha256, (order_ts_utc, order_number)) as email_sha256,
        arg_max(country, (order_ts_utc, order_number)) as country,
        arg_max(region, (order_ts_utc, order_number)) as region
    from orders
    group by customer_key

),

firsts as (

    select
        customer_key,
        date_key as first_order_date,
        order_key as first_order_key,
        channel_key as first_channel_key,
        campaign_key as first_campaign_key
    from orders
    where is_new_customer

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

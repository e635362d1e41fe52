-- Who bought: the customer of the order, else the customer with its e-mail, else a guest, else nobody.
-- grain: order_key
-- temporary
-- together
with customers_by_email as (

    select
        email_sha256,
        customer_key
    from stg__customers
    where email_sha256 is not null
    qualify row_number() over (partition by email_sha256 order by customer_number, customer_key) = 1

)

select
    headers.order_key,
    coalesce(headers.named_customer_key, customers.customer_key, 'guest:' || headers.email_sha256) as customer_key
from order_headers as headers
left join customers_by_email as customers using (email_sha256)

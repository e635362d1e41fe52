-- Of each customer what is added up by day: when it was made, and which personal data it has.
-- grain: customer_key
-- temporary
-- lasting
select
    customer_key,
    source,
    -- A number, as the e-mail of a few is found sooner by it among many.
    hash(email_sha256) as email_place,
    created_utc::date as day,
    email_sha256 is not null as has_email,
    country is not null as has_country
from dim_customer

-- The parameters of the landing page's query string that tell a channel: decoded, lower case, the first of each name.
-- grain: order_key, name
-- temporary
with pairs as (

    select
        order_key,
        unnest(string_split(regexp_extract(landing_page, '\?([^#]*)', 1), '&')) as pair,
        generate_subscripts(string_split(regexp_extract(landing_page, '\?([^#]*)', 1), '&'), 1) as position
    from stg__orders
    where contains(landing_page, '?')

),

sent as (

    select
        order_key,
        position,
        replace(split_part(pair, '=', 1), '+', ' ') as sent_name,
        replace(substr(pair, strpos(pair, '=') + 1), '+', ' ') as sent_value
    from pairs
    where contains(pair, '=')

),

decoded as (

    select
        order_key,
        position,
        -- What does not decode to text stands as it was sent: it is still a tag, if no known one.
        lower(trim(coalesce(try(url_decode(sent_name)), sent_name))) as name,
        lower(trim(coalesce(try(url_decode(sent_value)), sent_value))) as value
    from sent

)

select
    order_key,
    name,
    value
from decoded
where value not in (select word from channel_words where list = 'missing')
qualify row_number() over (partition by order_key, name order by position) = 1

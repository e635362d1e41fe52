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

decoded as (

    select
        order_key,
        position,
        lower(trim(try(url_decode(replace(split_part(pair, '=', 1), '+', ' '))))) as name,
        lower(trim(try(url_decode(replace(substr(pair, strpos(pair, '=') + 1), '+', ' '))))) as value
    from pairs
    where contains(pair, '=')

)

select
    order_key,
    name,
    value
from decoded
where value not in (select word from channel_words where list = 'missing')
qualify row_number() over (partition by order_key, name order by position) = 1

-- There is one shop currency, and every order and every day's spend is in it or has an exchange rate for its day.
-- severity: critical
select concat('stg__orders ', order_key, ' ', currency) as key
from stg__orders
where currency is distinct from (select currency from shop_currency)
union all
select
    concat_ws(
        ' ',
        case level when 'campaign' then 'stg__spend' else 'stg__' || level || '_spend' end,
        item_key,
        date,
        coalesce(currency, 'without currency')
    ) as key
from spend_converted
where spend_cents is null or conversion_value_cents is null
union all
select concat('stg__shops ', account_id, ' ', currency) as key
from stg__shops
where (select count(distinct currency) from stg__shops) > 1
union all
select fact || ' is empty' as key
from empty_facts
-- Spend is left out for want of a rate, and each of its rows stands above.
where fact != 'fact_spend'

-- Orders of a day on which one of the campaigns that share their word has spent, or not any more.
-- grain: order_key
select distinct words.order_key
from order_words as words
inner join changes on changes.date = words.order_date

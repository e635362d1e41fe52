-- Orders that name a campaign by a word that is another campaign's now, or nobody's.
-- grain: order_key
select words.order_key
from order_words as words
inner join changes on changes.platform = words.platform and changes.word = words.utm_id
union
select words.order_key
from order_words as words
inner join changes on changes.platform = words.platform and changes.word = words.utm_campaign

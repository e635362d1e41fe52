-- Of each order what the others of its customer have to know, and what rests on these: whose it is, the how-manieth.
-- grain: order_key
-- temporary
-- lasting
-- together
select
    headers.*,
    coalesce(identities.customer_key, 'unknown') as customer_key,
    -- A number, as the orders of a few customers are found sooner by it among many.
    hash(coalesce(identities.customer_key, 'unknown')) as customer_place,
    sequence.customer_order_seq
from order_identities as identities
inner join order_headers as headers using (order_key)
left join order_sequence as sequence using (order_key)

-- How far our total of a day may be from the source's own before it is called different, and why. Money is in cents.
-- grain: measure
-- temporary
select
    measure,
    unit,
    at_least::bigint as at_least,
    per_mille::bigint as per_mille,
    reason
from (
    values
        ('spend', 'cents', 100, 5, 'what was charged is corrected for days, and the two are not asked for at once'),
        ('impressions', 'count', 1, 5, 'what turns out invalid is taken out later'),
        ('clicks', 'count', 1, 5, 'what turns out invalid is taken out later'),
        ('sessions', 'count', 1, 10, 'GA4 estimates them, and the parts of an estimate do not add up to the whole'),
        ('purchases', 'count', 1, 10, 'GA4 may put one purchase into two rows'),
        ('purchase_revenue', 'cents', 100, 10, 'GA4 may put one purchase into two rows'),
        ('orders', 'count', 0, 0, 'an order is there or it is not'),
        ('order_total', 'cents', 100, 5, 'each line may be a cent off where prices include tax'),
        ('refunded', 'cents', 100, 5, 'money may still be on its way back, and each line may be a cent off')
) as seed(measure, unit, at_least, per_mille, reason)

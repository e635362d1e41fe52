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
        ('spend', 'cents', 100, 5, 'a platform corrects what it charged for days, and is asked for the two at two moments'),
        ('impressions', 'count', 1, 5, 'likewise: what turns out invalid is taken out later'),
        ('clicks', 'count', 1, 5, 'likewise'),
        ('sessions', 'count', 1, 10, 'GA4 estimates them, and the parts of an estimate do not add up to the whole'),
        ('purchases', 'count', 1, 10, 'likewise, where one purchase lies in two sessions'),
        ('purchase_revenue', 'cents', 100, 10, 'likewise'),
        ('orders', 'count', 0, 0, 'an order is there or it is not'),
        ('order_total', 'cents', 100, 5, 'a cent of rounding for each line where prices include tax'),
        ('refunded', 'cents', 100, 5, 'likewise; money that is still on its way back is ours and not yet theirs')
) as seed(measure, unit, at_least, per_mille, reason)

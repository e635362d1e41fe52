-- The thirteen channels, always the same.
-- grain: channel_key
select
    channel_key::smallint as channel_key,
    slug,
    name,
    is_paid
from (
    values
        (0, 'unknown', 'Unknown', false),
        (1, 'meta', 'Meta Ads', true),
        (2, 'google', 'Google Ads', true),
        (3, 'paid_other', 'Other paid', true),
        (4, 'organic_search', 'Organic search', false),
        (5, 'organic_social', 'Organic social', false),
        (6, 'email', 'E-mail', false),
        (7, 'sms', 'SMS', false),
        (8, 'affiliate', 'Affiliate', false),
        (9, 'referral', 'Referral', false),
        (10, 'direct', 'Direct', false),
        (11, 'pos', 'Point of sale', false),
        (12, 'other', 'Other', false)
) as channels (channel_key, slug, name, is_paid)
order by channel_key

-- The word lists, one column each, for asking whether a word is in one.
-- grain: every row
-- temporary
select
    list(word order by word) filter (where list in ('email_word', 'email_sender')) as email,
    list(word order by word) filter (where list = 'meta_source') as meta_source,
    list(word order by word) filter (where list = 'google_source') as google_source,
    list(word order by word) filter (where list = 'social') as social,
    list(word order by word) filter (where list = 'search') as search,
    list(word order by word) filter (where list = 'missing') as missing
from channel_words

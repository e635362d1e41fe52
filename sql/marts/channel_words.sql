-- The words by which a touch is told to be of a channel. A source may add to them by stg_<source>__channel_rules.
-- grain: list, word
-- temporary
-- expects: stg__channel_rules(list varchar, word varchar)
with words as (

    select
        'google_click_id' as list,
        unnest(['gclid', 'gbraid', 'wbraid']) as word

    union all

    select
        'other_click_id' as list,
        unnest(['msclkid', 'ttclid', 'twclid', 'epik', 'li_fat_id']) as word

    union all

    select
        'email_word' as list,
        unnest(['email', 'e-mail', 'e_mail', 'e mail']) as word

    union all

    select
        'email_sender' as list,
        unnest([
            'klaviyo', 'mailchimp', 'omnisend', 'sendgrid', 'hubspot', 'brevo', 'attentive-email'
        ]) as word

    union all

    select
        'meta_source' as list,
        unnest(['facebook', 'fb', 'instagram', 'ig', 'meta', 'an', 'msg']) as word

    union all

    select
        'google_source' as list,
        unnest(['google', 'adwords', 'youtube', 'dv360']) as word

    union all

    select
        'social' as list,
        unnest([
            'facebook', 'fb', 'instagram', 'ig', 'meta', 'tiktok', 'pinterest', 'twitter', 'x', 't', 'youtube',
            'linkedin', 'lnkd', 'reddit', 'snapchat', 'threads'
        ]) as word

    union all

    select
        'search' as list,
        unnest([
            'google', 'bing', 'yahoo', 'duckduckgo', 'ecosia', 'baidu', 'yandex', 'qwant', 'startpage', 'brave'
        ]) as word

    union all

    select
        'missing' as list,
        unnest(['(not set)', '(none)', '']) as word

),

added as (

    select
        list,
        lower(trim(word)) as word
    from stg__channel_rules

)

select * from words
union
select * from added

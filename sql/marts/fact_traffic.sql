-- Sessions and the funnel by day, default channel group, source and medium. Users do not add up.
-- grain: date_key, channel_group, source, medium
-- expects: stg__traffic(source varchar, account_id varchar, channel_group varchar, traffic_source varchar)
-- expects: stg__traffic(traffic_medium varchar, currency varchar, sessions bigint, engaged_sessions bigint)
-- expects: stg__traffic(users bigint, new_users bigint, item_views bigint, add_to_carts bigint, checkouts bigint)
-- expects: stg__traffic(purchases bigint, purchase_revenue_original decimal(24, 12), date date)
with traffic as (

    select
        traffic.* exclude (currency),
        -- What the property said last counts where a page does not say it.
        coalesce(traffic.currency, accounts.currency) as currency,
        lists.*,
        lower(trim(channel_group)) as group_word,
        lower(trim(traffic_source)) as source_word
    from stg__traffic as traffic
    left join stg__accounts as accounts using (source, account_id)
    cross join word_lists as lists

),

-- A source may be a word or a host.
known as (

    select
        *,
        list_contains(missing, source_word) as is_missing,
        list_has_any(meta_source, string_split(source_word, '.')) as is_meta,
        list_has_any(google_source, string_split(source_word, '.')) as is_google
    from traffic

),

channelled as (

    select
        *,
        case
            when group_word in ('paid search', 'paid shopping', 'paid video', 'display', 'cross-network')
                then case when is_google or is_missing then 'google' else 'paid_other' end
            when group_word = 'paid social' then case when is_meta or is_missing then 'meta' else 'paid_other' end
            when group_word in ('paid other', 'audio') then 'paid_other'
            when group_word in ('organic search', 'organic shopping') then 'organic_search'
            when group_word in ('organic social', 'organic video') then 'organic_social'
            when group_word = 'affiliates' then 'affiliate'
            when group_word in ('email', 'sms', 'referral', 'direct') then group_word
            else 'other'
        end as slug
    from known

)

select
    traffic.date as date_key,
    channels.channel_key,
    traffic.channel_group,
    traffic.traffic_source as source,
    traffic.traffic_medium as medium,
    sum(traffic.sessions)::bigint as sessions,
    sum(traffic.engaged_sessions)::bigint as engaged_sessions,
    sum(traffic.users)::bigint as users,
    sum(traffic.new_users)::bigint as new_users,
    sum(traffic.item_views)::bigint as item_views,
    sum(traffic.add_to_carts)::bigint as add_to_carts,
    sum(traffic.checkouts)::bigint as checkouts,
    sum(traffic.purchases)::bigint as purchases,
    -- Empty where a part of it has no rate: half a sum would pass for a whole one.
    case
        when bool_and(rates.rate is not null)
            then sum(round(traffic.purchase_revenue_original::decimal(38, 12) * rates.rate * 100))
    end::bigint as purchase_revenue_cents
from channelled as traffic
inner join dim_channel as channels using (slug)
cross join shop_currency
left join exchange_rates as rates
    on rates.currency = coalesce(traffic.currency, shop_currency.currency)
    and (rates.day is null or rates.day = traffic.date)
group by all

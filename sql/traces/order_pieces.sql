-- All that pages tell of an order, the oldest first: its versions and those of its refunds, and what of either did not
-- fit into its page. `counts` marks what the order is made of now; `position` is null where a page has nothing else.
-- grain: what, account, seq, page, position
with latest_refunds as (

    select
        refund_id,
        version,
        seq,
        page,
        position
    from stg_shopify__refund_versions
    where refund_id in (select refund_id from stg_shopify__refund_records)
    qualify row_number() over (
        partition by refund_id
        order by utc(version) desc nulls last, seq desc, page desc, position desc
    ) = 1

),

order_overflow as (

    select
        'lines' as what,
        order_id,
        account,
        seq,
        page,
        version
    from stg_shopify__line_overflow

    union all

    select
        'shipping lines' as what,
        order_id,
        account,
        seq,
        page,
        version
    from stg_shopify__shipping_overflow

),

pieces as (

    select
        'order' as what,
        versions.order_id as id,
        versions.account,
        versions.seq,
        versions.page,
        versions.position,
        versions.version,
        latest.order_id is not null as counts,
        versions.displayFinancialStatus as financial_status,
        coalesce(versions.cancelledAt, '') != '' as is_cancelled,
        cents(versions.subtotalPriceSet.shopMoney.amount) as subtotal_cents,
        cents(versions.totalTaxSet.shopMoney.amount) as tax_cents,
        cents(versions.totalTipReceivedSet.shopMoney.amount) as tip_cents,
        cents(versions.originalTotalDutiesSet.shopMoney.amount) as duties_cents,
        cents(versions.totalPriceSet.shopMoney.amount) as total_cents,
        cents(versions.totalRefundedSet.shopMoney.amount) as refunded_cents
    from stg_shopify__order_versions as versions
    left join stg_shopify__latest_orders as latest using (order_id, seq, page, position)

    union all by name

    select
        overflow.what,
        overflow.order_id as id,
        overflow.account,
        overflow.seq,
        overflow.page,
        null as position,
        overflow.version,
        bool_or(latest.order_id is not null) as counts
    from order_overflow as overflow
    left join stg_shopify__latest_orders as latest
        on latest.order_id = overflow.order_id
        and latest.version is not distinct from overflow.version
    group by all

    union all by name

    select
        'refund' as what,
        versions.refund_id as id,
        versions.account,
        versions.seq,
        versions.page,
        versions.position,
        versions.version,
        latest.refund_id is not null as counts,
        cents(versions.record.totalRefundedSet.shopMoney.amount) as refunded_cents
    from stg_shopify__refund_versions as versions
    left join latest_refunds as latest using (refund_id, seq, page, position)

    union all by name

    select
        case overflow.kind
            when 'line' then 'refund lines'
            when 'shipping' then 'refunded shipping'
            else 'adjustments'
        end as what,
        overflow.refund_id as id,
        overflow.account,
        overflow.seq,
        overflow.page,
        null as position,
        overflow.version,
        latest.refund_id is not null as counts
    from stg_shopify__refund_overflow as overflow
    left join latest_refunds as latest
        on latest.refund_id = overflow.refund_id
        and latest.version is not distinct from overflow.version

)

select *
from pieces
order by utc(version) nulls first, seq, page, position

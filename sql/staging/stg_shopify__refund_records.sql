-- The refunds that an order that counts still lists, with their latest version and what overflowed from it.
-- grain: refund_id
-- temporary
with listed as (

    select distinct
        order_id,
        unnest([coalesce(id_of(one.id), 'of order ' || order_id) for one in refunds]) as refund_id
    from stg_shopify__order_versions
    semi join stg_shopify__latest_orders using (order_id, seq, page, position)

),

winners as (

    select
        refund_id,
        seq,
        page,
        position
    from stg_shopify__refund_versions
    qualify row_number() over (
        partition by refund_id
        order by utc(version) desc nulls last, seq desc, page desc, position desc
    ) = 1

),

latest as (

    select *
    from stg_shopify__refund_versions
    semi join winners using (refund_id, seq, page, position)

),

overflow as (

    select
        overflow.refund_id,
        flatten(list(overflow.lines order by overflow.seq, overflow.page)) as lines,
        flatten(list(overflow.shipping_lines order by overflow.seq, overflow.page)) as shipping_lines,
        flatten(list(overflow.adjustments order by overflow.seq, overflow.page)) as adjustments
    from stg_shopify__refund_overflow as overflow
    inner join latest
        on latest.refund_id = overflow.refund_id
        and latest.version is not distinct from overflow.version
    group by overflow.refund_id

),

whole as (

    select
        listed.order_id,
        listed.refund_id,
        latest.record.id as gid,
        coalesce(
            unread(
                latest.record.totalRefundedSet,
                cents(latest.record.totalRefundedSet.shopMoney.amount),
                'refunded'
            ),
            unread(latest.record.refundLineItems, latest.record.refundLineItems.nodes, 'lines'),
            unread(latest.record.refundShippingLines, latest.record.refundShippingLines.nodes, 'shipping'),
            unread(latest.record.orderAdjustments, latest.record.orderAdjustments.nodes, 'adjustment')
        ) as unread,
        cents(latest.record.totalRefundedSet.shopMoney.amount) as refunded_cents,
        coalesce(nullif(latest.record.createdAt, ''), latest.record.processedAt) as refunded_text,
        [
            one for one in list_concat(latest.record.refundLineItems.nodes, overflow.lines) if one is not null
        ] as lines,
        list_distinct(list_concat(latest.record.refundShippingLines.nodes, overflow.shipping_lines)) as shipping_lines,
        [
            one
            for one in list_distinct(list_concat(latest.record.orderAdjustments.nodes, overflow.adjustments))
            if coalesce(one.reason, '') != 'PENDING_REFUND_DISCREPANCY'
        ] as adjustments
    from listed
    left join latest using (refund_id)
    left join overflow using (refund_id)
    qualify row_number() over (partition by listed.refund_id order by listed.order_id) = 1

),

typed as (

    select
        order_id,
        refund_id,
        gid,
        unread,
        refunded_cents,
        lines,
        refunded_text,
        utc(refunded_text) as refunded_at,
        cents(total([one.subtotalAmountSet.shopMoney.amount for one in shipping_lines])) as shipping_cents,
        cents(total([one.taxAmountSet.shopMoney.amount for one in shipping_lines])) as shipping_tax_cents,
        cents(total([one.amountSet.shopMoney.amount for one in adjustments])) as adjustment_cents,
        cents(total([one.taxAmountSet.shopMoney.amount for one in adjustments])) as adjustment_tax_cents
    from whole

)

select
    typed.*,
    coalesce(
        orders.reason,
        missing(typed.gid, 'refund_id'),
        missing(typed.refunded_text, 'created_at'),
        not_a_time(typed.refunded_text, typed.refunded_at, 'created_at'),
        typed.unread,
        not_a_number('shipping', typed.shipping_cents, 'shipping'),
        not_a_number('shipping', typed.shipping_tax_cents, 'shipping_tax'),
        not_a_number('adjustment', typed.adjustment_cents, 'adjustment'),
        not_a_number('adjustment', typed.adjustment_tax_cents, 'adjustment_tax')
    ) as reason
from typed
inner join stg_shopify__order_records as orders using (order_id)

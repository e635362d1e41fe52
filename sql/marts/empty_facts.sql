-- Facts without a single row although a connected source delivered records for them: no check may pass on those.
-- grain: fact
-- whole
-- temporary
with delivered as (

    select
        entity,
        sum(raw) as records
    from run_rows
    group by entity

),

facts as (

    select 'fact_orders' as fact, 'orders' as entity, count(*) as rows_there from fact_orders
    union all
    select 'fact_order_lines' as fact, 'order_lines' as entity, count(*) as rows_there from fact_order_lines
    union all
    select 'fact_spend' as fact, 'spend' as entity, count(*) as rows_there from fact_spend
    union all
    select 'fact_traffic' as fact, 'traffic' as entity, count(*) as rows_there from fact_traffic

)

select facts.fact
from facts
inner join delivered using (entity)
where facts.rows_there = 0 and delivered.records > 0

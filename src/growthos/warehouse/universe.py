"""Whose rows a build of changes looks at: orders and customers, so many that nobody else's rows can be different.

An order's row rests on itself, on its customer's other orders (which is the first?), and on who its customer is: of an
order without one, the customer with its e-mail. So to the orders and customers that changed are added all customers
that share an e-mail with them, in any version of either, and all orders of all of these. What else an order rests on
(campaigns, costs, categories) is small and the same for all: what of that changed, and whose orders it reaches, say
the files of sql/reach/.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Kept tables by the column that tells whose a row is; what is published is `before`.
_STEPS: Final = (
    """create or replace temporary table touched as
        select key from pending where kind = 'order_id'
        union
        select order_key from touched_by_others
    """,
    # A refund's order is the one that lists it: its page comes with the order's, or it was there before.
    """insert into touched
        select distinct order_key
        from before.main.fact_refunds
        where hash('shopify:' || refund_id) in (select hash(key) from pending where kind = 'refund_id')
    """,
    "insert into touched select order_key from refund_gaps",
    "insert into touched select order_key from offending",
    """create or replace temporary table touched_customers as
        select distinct key from pending where kind = 'customer_id'
    """,
    """create or replace temporary table told as
        select email_sha256, 'shopify:' || id_of(customer.id) as customer_key
        from stg_shopify__order_versions
        where place in (select hash(key) from touched)
    """,
    """create or replace temporary table emails as
        select email_sha256 from told where email_sha256 is not null
        union
        select email_sha256
        from stg_shopify__customer_versions
        where place in (select hash(key) from touched_customers) and email_sha256 is not null
    """,
    """create or replace temporary table universe_customers as
        with customers as (
            select key from touched_customers
            union
            select customer_key from told where customer_key is not null
            union
            select customer_key
            from before.main.fact_orders
            where order_key in (from touched) and customer_key != 'unknown'
            union
            select 'shopify:' || customer_id
            from stg_shopify__customer_versions
            where email_sha256 in (from emails)
            union
            select 'guest:' || email_sha256 from emails
        )
        select key, hash(key) as place from customers
    """,
    """create or replace temporary table universe_orders as
        with orders as (
            from touched
            union
            select order_key from before.main.fact_orders where customer_key in (select key from universe_customers)
        )
        select key, hash(key) as place from orders
    """,
    # The row for nobody is made each time.
    """create or replace temporary table universe_keys as
        select key from universe_orders
        union all
        select key from universe_customers
        union all
        select 'unknown'
    """,
)


def find(con: "DuckDBPyConnection") -> int:
    """Make `universe_orders` and `universe_customers`, each with `key` and `place`; the number of orders.

    Needs the kept tables as they are now, `touched_by_others`, and what is published attached as `before`.
    """
    for statement in _STEPS:
        con.execute(statement)
    [(orders,)] = con.execute("select count(*) from universe_orders").fetchall()
    return int(orders)


# By the column that tells whose a kept row is, the places of the universe; in this order.
PLACES: Final = {
    "order_id": "select place from universe_orders",
    "refund_id": "select place from universe_refunds",
    "customer_id": "select place from universe_customers",
}
# What has to be made before; the rows by order are those of the universe by then.
BEFORE: Final = {
    "refund_id": (
        """create temporary table universe_refunds as
            with listed as (
                select unnest([id_of(one.id) for one in refunds]) as refund_id
                from stg_shopify__order_versions
            )
            select distinct hash('shopify:' || refund_id) as place from listed
        """,
    ),
}

"""Whose rows a build of changes looks at: orders and customers, so many that nobody else's rows can be different.

*Touched* is who was read anew, or is reached by a change of what is common to all, as the files of sql/reach/ say:
their staged rows are made again from what is kept of them. An order's row in the marts rests on more: on its customer's
other orders (which is the first?), and on who its customer is, of an order without one the customer with its e-mail. So
the *universe* has, beside those, all customers that share an e-mail with one of them, and all orders of all of these.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Kept rows are there as they are now; what was published is `before`, and lasting relations are of that time.
_TOUCH: Final = (
    # A refund's order is the one that lists it: its page comes with the order's, or it was there before.
    """create temporary table touched_orders as
        select key from pending where kind = 'order_id'
        union
        select order_key from touched_by_others
        union
        select order_key
        from before.main.fact_refunds
        where hash('shopify:' || refund_id) in (select hash(key) from pending where kind = 'refund_id')
        union
        select order_key from refund_gaps
        union
        select order_key from offending
    """,
    "create temporary table touched_customers as select distinct key from pending where kind = 'customer_id'",
)
# The staged rows of who is touched are there, in tables of their own and among all others.
_CLOSE: Final = (
    """create temporary table emails as
        select email_sha256 from temp.main.stg_shopify__orders where email_sha256 is not null
        union
        select email_sha256
        from working.main.stg_shopify__customer_versions
        where place in (select hash(key) from touched_customers) and email_sha256 is not null
    """,
    # Those in which the spare file differs are made again, for it may be that which is refreshed.
    """create temporary table changed_customers as
        from touched_customers
        union
        select customer_key from temp.main.stg_shopify__orders where customer_key is not null
        union
        select customer_key
        from order_days
        where place in (select hash(key) from touched_orders) and customer_key != 'unknown'
        union
        select customer_key
        from working.main.stg_shopify__customers
        where email_sha256 in (from emails)
        union
        select 'guest:' || email_sha256 from emails
    """,
    """create temporary table changed_orders as
        from touched_orders
        union
        select order_key
        from order_days
        where customer_place in (select hash(key) from changed_customers)
    """,
    """create temporary table universe_customers as
        with keys as (
            from changed_customers
            union
            select key from spare_lacks where kind = 'customer_key'
            union
            select 'unknown'  -- the row for nobody is made each time
        )
        select key, hash(key) as place from keys
    """,
    """create temporary table universe_orders as
        with keys as (
            from changed_orders
            union
            select key from spare_lacks where kind = 'order_key'
        )
        select key, hash(key) as place from keys
    """,
)
# The names of orders and of customers may be the same: whose a row is, the column tells that holds its key.
KINDS: Final = {"order_key": "orders", "customer_key": "customers"}

# By the column that tells whose a kept row is, the places of who is touched; in this order.
PLACES: Final = {
    "order_id": "select hash(key) from touched_orders",
    "refund_id": "select place from touched_refunds",
    "customer_id": "select hash(key) from touched_customers",
}
# What has to be made before; the rows by order are those of who is touched by then.
BEFORE: Final = {
    "refund_id": (
        """create temporary table touched_refunds as
            with listed as (
                select unnest([id_of(one.id) for one in refunds]) as refund_id
                from stg_shopify__order_versions
            )
            select distinct hash('shopify:' || refund_id) as place from listed
        """,
    ),
}


def key_of(con: "DuckDBPyConnection", name: str) -> str:
    """The column that tells whose a row of a relation by order is: an order's, else a customer's."""
    columns = {column for column, *_ in con.execute(f"describe {name}").fetchall()}
    return next(key for key in KINDS if key in columns)


def touch(con: "DuckDBPyConnection") -> None:
    """Make `touched_orders` and `touched_customers`, from what is pending and from `touched_by_others`."""
    for statement in _TOUCH:
        con.execute(statement)


def close(con: "DuckDBPyConnection") -> int:
    """Make `changed_orders`, `changed_customers`, `universe_orders` and `universe_customers`; how many orders changed.

    The keys of all whose rows may be different, and with those in which the spare file lags.
    """
    for statement in _CLOSE:
        con.execute(statement)
    [(count,)] = con.execute("select count(*) from changed_orders").fetchall()
    return int(count)

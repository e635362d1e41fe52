"""Whose rows a build of changes looks at: orders and customers, so many that nobody else's rows can be different.

*Touched* is who was read anew, or is reached by a change of what is common to all, as the files of sql/reach/ say:
their staged rows are made again from what is kept of them. An order's row in the marts rests on more: on its customer's
other orders (which is the first?), and on who its customer is, of an order without one the customer with its e-mail. So
the *universe* has, beside those, all customers that share an e-mail with one of them, and all orders of all of these.
Of its orders no others are made again than those that are touched, and those of whom order_buyers, put together for all
of them, tells something else than before (`lasting.narrow`).
"""

from typing import TYPE_CHECKING, Final

from growthos.warehouse.database import WORKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


NOBODY: Final = "unknown"
"""The key of the customer of an order that names none: its row is made with every customers'."""


def at(table: str, condition: str) -> str:
    """A condition for few rows of a table of the working database, to be found by a column or two.

    So no others are read of all columns: DuckDB would read all rows of all of them.
    """
    return f"rowid in (select rowid from {WORKING}.main.{table} where {condition})"  # noqa: S608  our own


BUYERS: Final = "order_buyers"
"""The relation that tells of an order what the others of its customer have to know, and what rests on these."""
ORDERS: Final = "place in (select hash(key) from touched_orders)"
CUSTOMERS: Final = "place in (select hash(key) from touched_customers)"
"""What tells the rows of who is touched."""
# Kept rows are there as they are now; lasting relations are as they were when what is published was made.
_TOUCH: Final = (
    # A refund's order is the one that lists it: its page comes with the order's, or it was there before.
    f"""create temporary table touched_orders as
        select key from pending where kind = 'order_id'
        union
        select order_key from touched_by_others
        union
        select order_key
        from {WORKING}.main.refund_days
        where {at("refund_days", "refund_place in (select hash(key) from pending where kind = 'refund_id')")}
        union
        select order_key from refund_gaps
        union
        select order_key from offending
    """,  # noqa: S608  our own
    "create temporary table touched_customers as select distinct key from pending where kind = 'customer_id'",
)
# The staged rows of who is touched are there, and order_headers of those orders.
_CLOSE: Final = (
    # Those that they have, and that they had: where a page has gone, no version tells it any more.
    f"""create temporary table emails as
        select hash(email_sha256) as place from temp.main.order_headers where email_sha256 is not null
        union
        select hash(email_sha256) from temp.main.stg_shopify__customer_versions where email_sha256 is not null
        union
        select email_place
        from {WORKING}.main.customer_days
        where {at("customer_days", CUSTOMERS)} and email_place is not null
    """,  # noqa: S608  our own
    f"""create temporary table found as
        select rowid as row from {WORKING}.main.order_buyers where {ORDERS}
    """,  # noqa: S608  our own
    f"""create temporary table universe_customers as
        with keys as (
            from touched_customers
            union
            select named_customer_key from temp.main.order_headers where named_customer_key is not null
            union
            select customer_key from {WORKING}.main.order_buyers where rowid in (from found)
            union
            select customer_key  -- guests are among them
            from {WORKING}.main.customer_days
            where {at("customer_days", "email_place in (from emails)")}
            union
            select '{NOBODY}'
        )
        select key, hash(key) as place from keys
    """,  # noqa: S608  our own
    f"""create temporary table rows_of_order_buyers as
        with bought as (
            select place from universe_customers where key != '{NOBODY}'
        ),
        rows as (
            from found
            union
            select rowid from {WORKING}.main.order_buyers where customer_place in (from bought)
        )
        select rowid as row, * from {WORKING}.main.order_buyers where rowid in (from rows)
    """,  # noqa: S608  our own
    """create temporary table universe_orders as
        with before as (
            select order_key as key, order_date as day from rows_of_order_buyers
        )
        select key, hash(key) as place, day
        from touched_orders
        full join before using (key)
    """,
)
# The names of orders and of customers may be the same: whose a row is, the column tells that holds its key.
KINDS: Final = {"order_key": "orders", "customer_key": "customers"}
HASHES: Final = {"order_key": "order_hash", "customer_key": "customer_hash"}
"""The numbers for those keys in what is published."""


def key_of(con: "DuckDBPyConnection", name: str) -> str:
    """The column that tells whose a row of a relation by order is: an order's, else a customer's."""
    columns = {column for column, *_ in con.execute(f"describe {name}").fetchall()}
    return next(key for key in KINDS if key in columns)


# Where the build before was written down and not published, all of whom it told something else.
_AGAIN: Final = (
    """insert into touched_orders
        select distinct key from spare_lacks where kind = 'order_key' and key not in (from touched_orders)
    """,
    f"""insert into touched_customers
        select distinct key
        from spare_lacks
        where kind = 'customer_key' and key != '{NOBODY}' and key not in (from touched_customers)
    """,  # noqa: S608  our own
)


def touch(con: "DuckDBPyConnection", *, again: bool) -> None:
    """Make `touched_orders` and `touched_customers`, from what is pending and from `touched_by_others`.

    `again`: what the build before changed is not published.
    """
    for statement in (*_TOUCH, *(_AGAIN if again else ())):
        con.execute(statement)


def close(con: "DuckDBPyConnection") -> int:
    """Make `universe_orders` and `universe_customers`, the keys of all whose rows may be different; how many orders.

    An order that was there before has its `day`, by which its rows are found sooner.
    """
    for statement in _CLOSE:
        con.execute(statement)
    [(count,)] = con.execute("select count(*) from universe_orders").fetchall()
    return int(count)

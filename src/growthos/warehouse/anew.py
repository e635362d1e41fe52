"""Makes the rows of all orders of a large home from those that are kept: so many at a time that memory bounds no shop.

Two rounds. Staged rows rest on their own order alone, so the orders are taken as they were read. The rows of marts
rest on a customer's other orders too, so the second round takes together all who share a customer or an e-mail. What
they make goes to disk at once: what lasts to the working database, the rest to a file that goes once it is published,
and staged rows with it.
Checks look at the orders part by part as well, each time beside all that is no order's.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from growthos.home import Home
from growthos.warehouse import checks, kept, lasting, making, publish
from growthos.warehouse.checks import CheckResult
from growthos.warehouse.database import STORAGE, WORKING, literal
from growthos.warehouse.parts import Parts
from growthos.warehouse.sqlfiles import Model, unions
from growthos.warehouse.staging import MARKS, NO_MARKS, Rows, sum_up
from growthos.warehouse.universe import KINDS, key_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ORDERS: Final = 500_000
"""So many are made at a time."""
FILE: Final = "warehouse.parts"
"""In work/, for who opened the database to take away."""
_MADE: Final = "made"
# Of an order that was read again, all versions are with the first one.
_STAGING_PARTS: Final = f"""create table {_MADE}.main.staging_parts as
    with rows as (
        select place, rowid // $orders as part from {WORKING}.main.stg_shopify__order_versions
        union all
        select place, null as part from ({{rest}})
    )
    select place, coalesce(min(part), 0) as part
    from rows
    group by place
"""  # noqa: S608  our own
# All who have an e-mail in common are in one part, and with a customer all orders.
_PARTS: Final = (
    f"""create table {_MADE}.main.customer_parts as
        select place, hash(coalesce(email_sha256, customer_key)) % $parts as part
        from {_MADE}.main.stg_shopify__customers
    """,  # noqa: S608  our own
    f"""create table {_MADE}.main.order_parts as
        select
            orders.place,
            coalesce(
                customers.part,
                hash(coalesce(orders.customer_key, orders.email_sha256, orders.order_key)) % $parts
            ) as part
        from {_MADE}.main.stg_shopify__orders as orders
        left join {_MADE}.main.customer_parts as customers on customers.place = hash(orders.customer_key)
    """,  # noqa: S608  our own
)


@dataclass
class Anew:
    """All orders' rows, made on the open working database of a home; `common` is made already."""

    con: "DuckDBPyConnection"
    home: Home
    models: dict[str, Model]
    parts: Parts
    run_id: str
    count: int = field(default=1, init=False)

    def open(self) -> None:
        """Begin the file for what does not last. Who is cut off from here on begins anew."""
        self.con.execute("delete from memory where name in ('run', 'candidate')")
        file = self.home.work / FILE
        publish.remove(file)
        self.con.execute(f"attach {literal(str(file))} as {_MADE} (storage_version {literal(STORAGE)})")

    def stage(self) -> tuple[Rows, ...]:
        """Make the staged rows of all orders and customers, and count them."""
        con = self.con
        names = (name for name, model in self.models.items() if model.kept == "order_id")
        rest = " union all ".join(f"select place from {WORKING}.main.{name}" for name in sorted(names))  # noqa: S608  our own
        con.execute(_STAGING_PARTS.format(rest=rest), {"orders": ORDERS})
        count = self._one(f"select coalesce(max(part), 0) + 1 from {_MADE}.main.staging_parts")  # noqa: S608  our own
        rows: list[Rows] = []
        for part in range(count):
            ours = f"place in (select place from {_MADE}.main.staging_parts where part = {part})"  # noqa: S608  our own
            kept.restrict(con, self.models, "orders", ours)
            kept.restrict(con, self.models, "customers", f"place % {count} = {part}")
            rows += making.make(con, self.models, self.parts.staging, self.run_id, by_order=True)
            for name in self.parts.staged:
                made = f"from {name} select * exclude ({MARKS}), hash({key_of(con, name)}) as place"
                begin = f"insert into {_MADE}.main.{name}" if part else f"create table {_MADE}.main.{name} as"
                con.execute(f"{begin} {made}")
            making.clear(con, self.parts.common)
        return sum_up(con, rows)

    def make(self) -> None:
        """Make the rows of marts of all orders and customers, part by part, and what is made of all of them."""
        con = self.con
        orders = self._one(f"select count(*) from {_MADE}.main.stg_shopify__orders")  # noqa: S608  our own
        self.count = max(1, -(-orders // ORDERS))
        for statement in _PARTS:
            con.execute(statement, {"parts": self.count})
        earliest = f"select min(created_at) from {_MADE}.main.stg_shopify__orders"  # noqa: S608  our own
        con.execute(f"set variable earliest_order = ({earliest})")
        for part in range(self.count):
            self._take(part)
            for name in self.parts.staged:
                con.execute(f"create temporary table {name} as {self._staged(name, at_once=True)}")
            making.make(con, self.models, self.parts.marts, self.run_id)
            lasting.add(con, self.parts.lasting, first=not part)
            lasting.add_sums(con, self.models, self.parts.sums, first=not part)
            for name in (*self.parts.published, *self.parts.checked):
                by_day = publish.by_day(name)
                con.execute(f"create table {_MADE}.main.{name}_{part} as from {name}{by_day}")
            making.clear(con, self.parts.common)
        for name in self.parts.lasting:
            con.execute(f"create temporary view {name} as from {WORKING}.main.{name} select * exclude (place)")
        self._see_all()
        making.make(con, self.models, self.parts.whole, self.run_id)

    def check(self) -> tuple[CheckResult, ...]:
        """What the checks find, each part looked at by itself."""
        united = [name for name in unions(self.models) if name in self.parts.marts]
        models = [one for one in self.models.values() if one.layer == "checks"]
        found = checks.Findings()
        for part in range(self.count):
            self._take(part)
            for name in self.parts.staged:
                self.con.execute(f"create or replace temporary view {name} as {self._staged(name)}")
            making.make(self.con, self.models, united, self.run_id)
            for name in (*self.parts.published, *self.parts.checked):
                self.con.execute(f"create or replace temporary view {name} as from {_MADE}.main.{name}_{part}")
            while not found.look(self.con, models):
                pass
        self._see_all()
        return found.results(models)

    def _take(self, part: int) -> None:
        """Let the universe be a part."""
        for kind, parts in (("orders", "order_parts"), ("customers", "customer_parts")):
            places = f"select place from {_MADE}.main.{parts} where part = {part}"  # noqa: S608  our own
            self.con.execute(f"create or replace temporary table universe_{kind} as {places}")

    def _staged(self, name: str, *, at_once: bool = False) -> str:
        """The staged rows of a part; `at_once`, to read all columns of them, which DuckDB would read of all rows."""
        table = f"{_MADE}.main.{name}"
        ours = f"place in (select place from universe_{KINDS[key_of(self.con, table)]})"  # noqa: S608  our own
        where = f"rowid in (select rowid from {table} where {ours})" if at_once else ours  # noqa: S608  our own
        return f"from {table} select * exclude (place), {NO_MARKS} where {where}"

    def _see_all(self) -> None:
        """Let the names of what is published stand for all parts."""
        for name in self.parts.published:
            first = f"{_MADE}.main.{name}_0"
            rows = [f"from {_MADE}.main.{name}_{part}" for part in range(self.count)]
            rows[1:] = [f"{one} {lasting.but_nobody(self.con, first)}" for one in rows[1:]]
            self.con.execute(f"create or replace temporary view {name} as {' union all '.join(rows)}")

    def _one(self, query: str) -> Any:
        [(value,)] = self.con.execute(query).fetchall()
        return value

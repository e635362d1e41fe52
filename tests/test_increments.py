"""A build of changes comes to the same as a build of everything, whatever has changed and however it was cut off."""

import random
import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from changing_shop import CUSTOMER, ChangingShop
from samples import one_of
from warehouse_fixtures import Raw, build, customer, home, line, new, order, refund, refund_line

from growthos import warehouse
from growthos.errors import DamagedDataError, SqlError
from growthos.warehouse import anew, increments, kept, parts, spare, sqlfiles
from growthos.warehouse import rejects as rejected
from growthos.warehouse.anew import FILE, Anew
from growthos.warehouse.database import naming
from growthos.warehouse.sqlfiles import Model

OF_A_RUN = {"run_info": "run_id, started_at, finished_at, config_hash", "dq_results": "run_id, sample"}


class Twins:
    """Two homes with the same raw files, of which one builds what has changed and the other everything.

    They are new, or copies of those of `before`.
    """

    def __init__(self, tmp_path: Path, patch: pytest.MonkeyPatch, before: "Twins | None" = None) -> None:
        self.patch = patch
        patch.setattr(anew, "ORDERS", 15)
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
        if before:
            self.one, self.other = copied(before.one, tmp_path / "one"), copied(before.other, tmp_path / "other")
        else:
            self.one, self.other = new(tmp_path / "one"), new(tmp_path / "other")
        self.builds = 0

    def build_one(self) -> warehouse.Built:
        """Build what has changed, and compare it with nothing."""
        self.builds += 1
        self.patch.setattr(warehouse, "LARGE", 0)
        return build(self.one, inputs={"run_id": f"{self.builds:016x}"})

    def build(self, told: str) -> list[warehouse.Built]:
        """Build both and compare what came of it."""
        folder = self.other.folder
        self.other.loads = [
            replace(load, path=Path(shutil.copy(load.path, folder / load.path.name))) for load in self.one.loads
        ]
        one = self.build_one()
        self.patch.setattr(warehouse, "LARGE", 1 << 60)
        other = build(self.other, inputs={"run_id": f"{self.builds:016x}"})
        assert one.published == other.published, told
        assert marts(self.one) == marts(self.other), told
        assert not one.published or rejects(self.one) == rejects(self.other), told
        assert (one.warnings, one.rejected) == (other.warnings, other.rejected), told
        return [one, other]


def marts(raw: Raw) -> dict[str, Any]:
    """Every row of what is published, but for what tells of the run."""
    with duckdb.connect(home(raw).database, read_only=True) as con:
        tables = [name for (name,) in con.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        return {
            name: sorted(
                map(str, con.execute(f"from {name} select * exclude ({OF_A_RUN.get(name, 'nothing')})").fetchall())
            )
            if name in OF_A_RUN
            else sorted(map(str, con.execute(f"from {name}").fetchall()))
            for name in tables
            if name != "run_rows"
        }


def run_rows(raw: Raw) -> list[Any]:
    with duckdb.connect(home(raw).database, read_only=True) as con:
        return sorted(con.execute("from run_rows").fetchall())


def rejects(raw: Raw) -> list[Any]:
    with duckdb.connect(home(raw).warehouse, read_only=True) as con:
        return sorted(con.execute("select source, entity, external_id, reason from stg_rejects").fetchall())


WHO = {"customer": {"id": f"gid://shopify/Customer/{CUSTOMER}"}}
"""What the orders from 96 to 98 say of who bought."""
GUEST = "two@example.com"
"""The e-mail of the guest of order 91; of the two customers who have it, 73 and 74, the first has a page of his own."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    """Two homes that were built once; who goes on from there takes copies.

    Somebody bought three times, a guest has a customer's e-mail, and some records are put aside.
    """
    with pytest.MonkeyPatch.context() as patch:
        twins = Twins(tmp_path_factory.mktemp("begun"), patch)
        raw = twins.one
        ChangingShop(raw, random.Random(9)).begin()
        raw.customers(customer(73, "2025-06-01", email=GUEST))
        raw.customers(customer(74, "2025-06-01", email=GUEST), customer(71, "no time"), customer(72, "2025-06-01"))
        raw.orders(
            *(order(n, f"2026-01-{n - 87:02}", line(10 * n, "5.00"), **WHO) for n in (96, 97, 98)),
            *(order(n, "2026-01-10", line(10 * n, "9.00"), refund_ids=[n]) for n in (94, 95)),
            order(91, "2026-01-10", line(910, "5.00"), email=GUEST),
        )
        raw.refunds(
            refund(94, "2026-01-11", refund_line(94, 940, "4.00")),
            refund(95, "2026-01-11", refund_line(95, 950, "much")),
        )
        twins.build("begun")
    return twins


@pytest.fixture(scope="module")
def changed(begun: Twins, tmp_path_factory: pytest.TempPathFactory) -> Raw:
    """A copy of the one, after a build of changes: the customer has bought once more."""
    raw = copied(begun.one, tmp_path_factory.mktemp("changed"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warehouse, "LARGE", 0)
        patch.setattr(increments, "_FEW", 0)
        raw.orders(order(99, "2026-01-12", line(990, "5.00"), **WHO))
        assert build(raw, inputs={"run_id": "changed"}).published
    return raw


def copied(raw: Raw, root: Path) -> Raw:
    """The same home in another folder."""
    shutil.copytree(raw.folder.parent, root, dirs_exist_ok=True)
    folder = root / raw.folder.name
    loads = [replace(load, path=folder / load.path.name) for load in raw.loads]
    return replace(raw, folder=folder, loads=loads)


@pytest.mark.long
@pytest.mark.parametrize(
    ("seed", "steps"), [(0, 4), *(pytest.param(seed, 12, marks=pytest.mark.chaos) for seed in range(25))]
)
def test_a_build_of_changes_comes_to_the_same_as_one_of_everything(
    seed: int, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(increments, "_FEW", 0)
    ways: list[str] = []
    for name in ("_build_changes", "_build_all"):
        monkeypatch.setattr(increments.Increment, name, _noting(ways, getattr(increments.Increment, name)))
    twins = Twins(tmp_path, monkeypatch)
    shop = ChangingShop(twins.one, random.Random(seed))
    shop.begin()
    told = [f"seed {seed}"]
    twins.build(told[0])
    for _ in range(steps):
        told += [", ".join(shop.step())]
        twins.build("; ".join(told))
    assert ways[0] == "_build_all"
    assert ways.count("_build_changes") > 3


def _noting(ways: list[str], way: Any) -> Any:
    def noted(*args: Any) -> Any:
        made = way(*args)
        if made is not None:
            ways.append(way.__name__)
        return made

    return noted


@pytest.mark.long
def test_orders_of_a_source_whose_rows_are_not_kept_are_built_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tmp_path / "sql"
    shutil.copytree(sqlfiles.SQL, files)
    (files / "staging" / "stg_toy__customers.sql").write_text(TOY)
    monkeypatch.setattr(sqlfiles, "SQL", files)
    monkeypatch.setattr(warehouse, "LARGE", 0)
    monkeypatch.setattr(increments, "_FEW", 0)
    raw = new(tmp_path)
    shop = ChangingShop(raw, random.Random(1))
    shop.begin()
    for _ in range(2):
        assert build(raw).published
        with duckdb.connect(home(raw).database, read_only=True) as con:
            assert con.execute("select count(*) from dim_customer where source = 'toy'").fetchall() == [(1,)]
        shop.step()


TOY = """-- A customer of a source that reads no pages.
-- grain: customer_key
select
    '1' as external_id,
    'toy' as source,
    'toy:1' as customer_key,
    null::varchar as email_sha256,
    null::varchar as country,
    null::varchar as region,
    1::bigint as customer_number,
    0::bigint as number_of_orders,
    timestamp '2026-01-01' as created_at,
    null::varchar as reject_reason,
    null::varchar as payload
"""


def model(tmp_path: Path, layer: str, name: str, text: str) -> Model:
    """A file of sql/."""
    path = tmp_path / "sql" / layer / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return sqlfiles.read(path)


KEPT = ("staging", "stg_shopify__a", "-- kept: order_id\nselect order_id, account, seq from raw_shopify__orders")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            ("staging", "stg_shopify__b", "-- kept\nselect account, seq from stg_shopify__a"),
            "may read pages and nothing",
        ),
        (("staging", "stg_shopify__b", "select account from raw_shopify__refunds"), "would see none but new ones"),
    ],
)
def test_a_kept_file_reads_pages_alone_and_nobody_else_reads_them(
    tmp_path: Path, file: tuple[str, str, str], said: str
) -> None:
    models = {one.name: one for one in (model(tmp_path, *KEPT), model(tmp_path, *file))}
    with duckdb.connect() as con, pytest.raises(SqlError, match=said):
        kept.streams(models, sqlfiles.reads(con, models.values()), ())


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            [("b", "-- temporary\nselect * from stg_shopify__a"), ("c", "-- whole\nselect * from b")],
            "c looks at all orders",
        ),
        (
            [
                ("b", "-- temporary\n-- lasting\nselect * from stg_shopify__a"),
                ("d", "-- temporary\n-- whole\nselect * from b"),
                ("c", "select * from stg_shopify__a, d"),
            ],
            "c looks at all orders",
        ),
        # Else those of some orders could not be taken out again.
        (
            [("b", "-- temporary\nselect * from stg_shopify__a"), ("c", "-- temporary\n-- sums\nselect * from b")],
            "c is added up from b, which does not last",
        ),
        # The others of a customer are not made again for it.
        (
            [("b", "-- temporary\nselect * from stg_shopify__a"), ("c", "-- together\nselect * from b")],
            "c looks at a customer's orders together, and order_buyers does not read b",
        ),
        (
            [
                ("b", "-- temporary\nselect * from stg_shopify__a"),
                ("d", "-- temporary\nselect * from b"),
                ("order_buyers", "-- temporary\n-- lasting\n-- together\nselect * from d"),
                ("c", "select * from b, d, order_buyers"),
            ],
            "c reads b, which is there for those orders alone that are touched",
        ),
    ],
)
def test_a_file_that_looks_at_all_orders_reads_what_is_there_for_all(
    tmp_path: Path, files: list[tuple[str, str]], said: str
) -> None:
    made = [model(tmp_path, *KEPT), *(model(tmp_path, "marts", *one) for one in files)]
    models = {one.name: one for one in made}
    with duckdb.connect() as con:
        named = sqlfiles.reads(con, models.values())
    with pytest.raises(SqlError, match=said):
        parts.split(models, named, sqlfiles.order(models, named))


def test_what_is_common_to_all_orders_has_a_file_that_says_whom_a_change_reaches() -> None:
    """Or is small and seldom changes, so that all are made anew; a relation that joins them is seen here."""
    models = sqlfiles.find(sqlfiles.SQL, "staging", "marts", "checks")
    made = {name: one for name, one in models.items() if one.layer != "checks"}
    with duckdb.connect() as con:
        named = sqlfiles.reads(con, models.values())
        split = parts.split(models, named, sqlfiles.order(made, named))
    reaches = set(sqlfiles.find(sqlfiles.SQL, "reach"))
    assert reaches < set(split.inputs)
    assert set(split.inputs) - reaches == {"dim_channel", "own_hosts", "channel_words", "word_lists"}


@pytest.mark.long
@pytest.mark.parametrize("orders", one_of(1, 4, 1000))
def test_all_orders_made_part_by_part_come_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orders: int
) -> None:
    """With every record counted once, and what checks find: here the ads of each day are found fault with."""
    twins = Twins(tmp_path, monkeypatch)
    shop = ChangingShop(twins.one, random.Random(8))
    shop.begin()
    shop.step()
    twins.one.orders(order(99, "2026-01-20", line(990, "5.00", quantity=-1)))
    twins.one.page("meta", "insights", b"{")
    monkeypatch.setattr(anew, "ORDERS", orders)
    one, other = twins.build("all")
    assert one.checks == other.checks
    assert run_rows(twins.one) == run_rows(twins.other)
    with duckdb.connect(home(twins.one).database, read_only=True) as con:
        for fact in ("fact_orders", "fact_order_lines"):  # so that a report of a week reads no other's
            days = con.execute(f"select date_key from {fact} order by rowid").fetchall()
            assert len({*days}) > 1
            assert days == sorted(days), fact


@pytest.fixture
def large(begun: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Raw:
    """A home that was built once, and builds what has changed, however much that is."""
    monkeypatch.setattr(warehouse, "LARGE", 0)
    monkeypatch.setattr(increments, "_FEW", 0)
    return copied(begun.one, tmp_path)


def test_rows_that_last_stay_where_they_are_if_they_are_the_same(large: Raw) -> None:
    """A customer's other orders are looked at, and of what was found no more is written than has changed."""
    rows = (
        "select rowid, total_cents from order_days where order_key in ('shopify:97', 'shopify:98') order by order_key"
    )
    found = []
    for run in range(2):
        if run:
            large.orders(order(98, "2026-01-11", line(980, "6.00"), updatedAt="2026-01-21T00:00:00Z", **WHO))
            assert build(large, inputs={"run_id": f"{run:016x}"}).published
        with duckdb.connect(home(large).warehouse, read_only=True) as con:
            found.append(con.execute(rows).fetchall())
    (same, changed), (same_later, changed_later) = found
    assert same == same_later
    assert changed[1] + 100 == changed_later[1]


@pytest.mark.long
def test_of_who_bought_before_no_order_is_made_again_but_where_it_is_told_something_else(large: Raw) -> None:
    later = "2026-01-21T00:00:00Z"
    for told, one, made in (
        ("one more", order(99, "2026-01-12", line(990, "5.00"), **WHO), {"shopify:99"}),
        (
            "the first of the four is cancelled",
            order(96, "2026-01-09", line(960, "5.00"), cancelledAt=later, updatedAt=later, **WHO),
            {"shopify:96", "shopify:97", "shopify:98", "shopify:99"},
        ),
    ):
        large.run += 1
        large.orders(one)
        assert build(large, inputs={"run_id": f"{large.run:016x}"}).published, told
        with duckdb.connect(home(large).warehouse, read_only=True) as con:
            assert {key for (key,) in con.execute("select order_key from lagging_fact_orders").fetchall()} == made


@pytest.mark.long
def test_a_guest_is_the_next_customer_with_the_same_e_mail_where_the_first_is_gone(twins: Twins) -> None:
    """Its page was lost, so that no version tells of the e-mail any more."""
    buyer = "select customer_key from fact_orders where order_key = 'shopify:91'"
    [lost] = [load for load in twins.one.loads if b'/73"' in pq.read_table(load.path)["body"][0].as_py()]
    for number in (89, 90):
        twins.one.orders(order(number, "2026-01-20", line(10 * number, "5.00")))
        assert twins.build_one().published
        with duckdb.connect(home(twins.one).database, read_only=True) as con:
            assert con.execute(buyer).fetchall() == [("shopify:73",)]
    twins.one.loads.remove(lost)
    twins.build("gone")
    with duckdb.connect(home(twins.one).database, read_only=True) as con:
        assert con.execute(buyer).fetchall() == [("shopify:74",)]


def test_texts_of_which_few_rows_are_read_among_all_are_not_packed(begun: Twins, changed: Raw) -> None:
    """Also after a build of changes; else what is read of a customer's orders costs what all orders do."""
    for raw in (begun.one, changed):
        with duckdb.connect(home(raw).warehouse, read_only=True) as con:
            query = "select column_name, list(distinct compression) from pragma_storage_info('order_buyers') group by 1"
            packed = {name for name, ways in con.execute(query).fetchall() if "DICT_FSST" in ways}
        assert packed & {"order_key", "country"}
        assert not packed & {"customer_key", "named_customer_key", "email_sha256"}


def test_what_is_published_may_be_opened_by_older_programs_and_what_nobody_else_reads_need_not(
    begun: Twins, changed: Raw
) -> None:
    """In the newer format a checkpoint leaves tables alone that are as they were; also after a build of changes."""
    for raw in (begun.one, changed):
        with duckdb.connect() as con:
            for name, path in (("published", home(raw).database), ("kept", home(raw).warehouse)):
                con.execute(f"attach '{path}' as {name} (read_only)")
            rows = con.execute("select database_name, tags['storage_version'] from duckdb_databases()").fetchall()
        written = dict(rows)
        assert (written["published"][:4], written["kept"][:4]) == ("v1.2", "v1.4")


@pytest.fixture
def twins(begun: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Twins:
    """Two homes that were built once, of which one goes on from there."""
    monkeypatch.setattr(increments, "_FEW", 0)
    return Twins(tmp_path, monkeypatch, begun)


class TestCutOff:
    """Where a build ends before its end, the next one brings what a whole one would."""

    @pytest.mark.long
    def test_pages_that_are_no_json_are_told_of(self, twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
        twins.one.page("shopify", "orders", b"{")
        monkeypatch.setattr(warehouse, "LARGE", 0)
        with monkeypatch.context() as patch:
            patch.setattr(rejected, "put_malformed_aside", _failing)
            with pytest.raises(MemoryError):
                build(twins.one, inputs={"run_id": "broken"})
        twins.build("again")

    @pytest.mark.long
    @pytest.mark.parametrize("after", one_of("stage", "make", "check"))
    def test_orders_that_were_made_in_part_are_all_made_again(
        self, twins: Twins, monkeypatch: pytest.MonkeyPatch, after: str
    ) -> None:
        twins.one.orders(order(99, "2026-01-20", line(990, "5.00")))
        monkeypatch.setattr(warehouse, "LARGE", 0)
        with monkeypatch.context() as patch:
            patch.setattr(increments, "_FEW", 1000)
            patch.setattr(Anew, after, _failing)
            with pytest.raises(MemoryError):
                build(twins.one, inputs={"run_id": "broken"})
        assert not (home(twins.one).work / FILE).exists()
        twins.one.orders(order(98, "2026-01-21", line(980, "5.00")))
        twins.build("again")

    def test_of_other_settings_that_were_taken_back_no_row_is_left(
        self, twins: Twins, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The build that had them was cut off when it had made its rows; that of few orders would find these there."""
        monkeypatch.setattr(warehouse, "LARGE", 0)
        with monkeypatch.context() as patch:
            patch.setattr(Anew, "check", _failing)
            with pytest.raises(MemoryError):
                build(twins.one, inputs={"run_id": "broken"}, reporting_timezone="Pacific/Auckland")
        twins.one.orders(order(99, "2026-01-21", line(990, "5.00")))
        twins.build("taken back")

    @pytest.mark.long
    @pytest.mark.parametrize("case", one_of(*product(("before it is published", "before that is remembered"), (1, 2))))
    def test_what_was_written_down_and_not_published_is_made_again(
        self, twins: Twins, monkeypatch: pytest.MonkeyPatch, case: tuple[str, int]
    ) -> None:
        """Of orders too that no page tells of: whom another's order tells something else, and who is on another day."""
        at, times = case
        twins.one.orders(order(99, "2026-01-12", line(990, "5.00"), **WHO))
        assert twins.build_one().published
        assert (home(twins.one).work / spare.FILE).exists()
        monkeypatch.setattr(warehouse, "LARGE", 0)
        step = (increments.Increment, "_publish") if at == "before it is published" else (increments, "remember")
        for time in range(times):
            later = f"2026-01-2{time + 1}T00:00:00Z"
            twins.one.run += 1
            twins.one.orders(
                order(97, f"2026-01-1{3 + time}", line(970, "5.00"), updatedAt=later, **WHO),
                order(96, "2026-01-09", line(960, "5.00"), updatedAt=later, cancelledAt=later if time else None, **WHO),
            )
            with monkeypatch.context() as patch:
                patch.setattr(*step, _failing)
                with pytest.raises(MemoryError):
                    build(twins.one, inputs={"run_id": f"broken {time}"})
        for told in ("again", "and the spare file"):
            twins.one.orders(order(100 + twins.builds, "2026-01-20", line(9000 + twins.builds, "5.00")))
            twins.build(told)

    @pytest.mark.long
    def test_records_are_counted_once(self, twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
        """A build of changes that finds too many of them goes on as one of everything."""
        twins.one.orders(order(99, "2026-01-20", line(990, "5.00")))
        monkeypatch.setattr(increments, "_FEW", 1000)
        twins.build("too many")
        assert run_rows(twins.one) == run_rows(twins.other)

    def test_what_is_put_aside_is_counted_among_its_like(self, twins: Twins) -> None:
        """Of refunds the lines alone, and of customers those who have a record."""
        twins.one.orders(order(99, "2026-01-20", line(990, "5.00")))
        for built in twins.build("one more"):
            told = " ".join(one.message for one in built.warnings)
            assert " refund_lines of shopify" in told
            assert " customers of shopify" in told

    @pytest.mark.long
    @pytest.mark.parametrize("few", one_of(0, 1000))
    def test_a_check_that_fails_itself_is_told_of_and_no_other(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
    ) -> None:
        monkeypatch.setattr(increments, "_FEW", few)
        twins = Twins(tmp_path, monkeypatch)
        ChangingShop(twins.one, random.Random(5)).begin()
        files = tmp_path / "sql"
        shutil.copytree(sqlfiles.SQL, files)
        monkeypatch.setattr(sqlfiles, "SQL", files)
        check = files / "checks" / "refunds_within_sales.sql"
        check.write_text(f"{check.read_text()}\nunion all\n{BROKEN}")
        assert twins.build_one().published
        twins.one.orders(order(99, "2026-01-20", line(990, "5.00")))
        for built in twins.build("broken"):
            assert [one.name for one in built.checks if one.status == "error"] == ["refunds_within_sales"]

    @pytest.mark.long
    def test_what_a_check_forbids_is_published_once_it_is_mended(self, twins: Twins) -> None:
        twins.one.orders(order(99, "2026-01-20", line(990, "5.00"), currencyCode="USD"))
        assert not any(built.published for built in twins.build("forbidden"))
        twins.one.orders(order(99, "2026-01-20", line(990, "5.00"), updatedAt="2026-01-21T00:00:00Z"))
        assert all(built.published for built in twins.build("mended"))


BROKEN = "select error('broken'), order_key from fact_orders where order_key = 'shopify:99'"


def _failing(*_: object) -> None:
    raise MemoryError


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.chaos) for seed in range(1, 25)])
def test_kept_rows_that_are_not_as_they_were_are_no_wrong_sql(seed: int, large: Raw) -> None:
    """A database in which bytes have changed is told as damaged, so that it is made anew; or nobody needed them."""
    large.orders(order(99, "2026-01-20", line(990, "5.00")))
    file = home(large).warehouse
    content = bytearray(file.read_bytes())
    place = random.Random(seed).randrange(3 * 4096, len(content) - 64)
    content[place : place + 64] = bytes(64)
    file.write_bytes(content)
    try:
        assert build(large, inputs={"run_id": "again"}).published
    except DamagedDataError:
        assert build(large, inputs={"run_id": "anew"}, afresh=True).published


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (duckdb.BinderException("no such column"), SqlError),
        (duckdb.IOException("Corrupt database file: computed checksum 1 does not match 2"), duckdb.IOException),
        (duckdb.OutOfMemoryException("failed to allocate"), duckdb.OutOfMemoryException),
    ],
)
def test_only_a_wrong_statement_is_told_as_one(error: duckdb.Error, meant: type[Exception]) -> None:
    with pytest.raises(meant), naming("sql/a.sql"):
        raise error

"""`growthos export`: the published tables in files for other programs, whole or not at all, over nobody else's."""

import csv
import io
import json
import re
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import sheets
from hand_made import HOSTILE, publish

from growthos import cli, exports, folders
from growthos.errors import ExitCode
from growthos.home import Home
from growthos.render import excel
from growthos.warehouse.answers import Answer

Run = Callable[..., tuple[str, str]]


class KilledError(BaseException):
    """What nobody in the program catches."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return publish(tmp_path_factory.mktemp("export") / "home")


@pytest.fixture
def run(home: Home, capfd: pytest.CaptureFixture[str]) -> Run:
    def ran(*arguments: str, to: Path, code: int = 0, root: Path = home.root) -> tuple[str, str]:
        ended = cli.run(["--home", str(root), "export", "--to", str(to), *arguments])
        said = capfd.readouterr()
        assert ended == code, said.err
        assert "Traceback" not in said.out + said.err
        return said.out, said.err

    return ran


def published(home: Home) -> dict[str, list[tuple]]:
    """Every published table with its rows, as DuckDB reads the file."""
    with duckdb.connect(home.database, read_only=True) as con:
        names = [name for (name,) in con.execute("show tables").fetchall()]
        return {name: con.execute(f"from {name}").fetchall() for name in names}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class TestForms:
    def test_parquet_is_the_tables_themselves(self, run, home, tmp_path):
        out, err = run(to=tmp_path / "marts")
        tables = published(home)
        assert names(tmp_path / "marts") == sorted([*(f"{name}.parquet" for name in tables), "growthos.json"])
        with duckdb.connect() as con:
            con.execute(f"attach '{home.database}' as made (read_only)")
            for name, rows in tables.items():
                file = f"'{tmp_path}/marts/{name}.parquet'"
                assert con.execute(f"from {file}").fetchall() == rows
                asked = "select column_name, column_type from (describe from {}) where column_type <> 'HUGEINT'"
                assert (
                    con.execute(asked.format(file)).fetchall() == con.execute(asked.format(f"made.{name}")).fetchall()
                )
        assert out == ""
        assert re.match(f"{len(tables)} tables, {sum(map(len, tables.values())):,} rows, [0-9.]+ kB in", err)

    def test_csv_for_programs_reads_back_as_it_was(self, run, home, tmp_path):
        run("--format", "csv", "--raw-csv", to=tmp_path / "marts")
        with duckdb.connect() as con:
            con.execute(f"attach '{home.database}' as made (read_only)")
            for name in published(home):
                file = f"read_csv('{tmp_path}/marts/{name}.csv', all_varchar = true, header = true, escape = '\"')"
                texts = "select nullif(columns(*)::varchar, '') from {}"
                there, asked = (con.execute(texts.format(one)).fetchall() for one in (file, f"made.{name}"))
                assert there == asked, name

    def test_csv_is_safe_for_spreadsheets(self, run, tmp_path):
        run("--format", "csv", "dim_campaign", to=tmp_path / "marts")
        text = (tmp_path / "marts" / "dim_campaign.csv").read_text()
        [row] = [one for one in csv.DictReader(io.StringIO(text)) if one["campaign_key"] == "meta:1"]
        assert row["name"] == HOSTILE.replace("\x1b", "�").replace("\u202e", "�")

    def test_excel_has_a_sheet_for_each_table(self, run, home, tmp_path):
        """Money is in whole cents and days are days; the sums are those of the database."""
        run(to=tmp_path / "shop.xlsx")
        found, tables = sheets.read(tmp_path / "shop.xlsx"), published(home)
        assert list(found) == list(tables)
        for name, rows in tables.items():
            assert len(found[name]) == 1 + len(rows), name
        head, *spend = found["fact_spend"]
        cents, day, campaign = (head.index(one) for one in ("spend_cents", "date_key", "campaign_key"))
        # 64 days, each with 400.00 at Meta and 200.00 at Google.
        assert sum(row[cents] for row in spend) == 64 * (40_000 + 20_000)
        assert {row[day].date().isoformat() for row in spend} >= {"2026-03-29", "2026-01-25"}
        assert {row[campaign] for row in spend} == {"meta:1", "google:2"}
        head, *campaigns = found["dim_campaign"]
        assert HOSTILE in [row[head.index("name")] for row in campaigns], "text as it is"

    def test_the_same_data_are_the_same_bytes(self, run, tmp_path):
        """So that whoever copies exports on sees what is new."""
        for to in (tmp_path / "shop.xlsx", tmp_path / "marts"):
            run(to=to)
            before = to.read_bytes() if to.is_file() else contents(to)
            run(to=to)
            assert (to.read_bytes() if to.is_file() else contents(to)) == before

    def test_some_tables_alone(self, run, tmp_path):
        run("fact_spend", "dim_campaign", "fact_spend", to=tmp_path / "a.xlsx")
        assert list(sheets.read(tmp_path / "a.xlsx")) == ["fact_spend", "dim_campaign"]
        _, err = run("fact_spend", to=tmp_path / "marts")
        assert names(tmp_path / "marts") == ["fact_spend.parquet", "growthos.json"]
        assert err.startswith("1 table, 128 rows, ")

    def test_staging_is_not_for_others(self, run, tmp_path):
        home = publish(tmp_path / "home")
        with duckdb.connect(home.database) as con:
            con.execute("create schema staging")
            con.execute("create table staging.stg_shopify__orders as select 1 as order_id")
        run(to=tmp_path / "marts", root=home.root)
        assert not [name for name in names(tmp_path / "marts") if "stg" in name]

    def test_a_large_table_takes_several_sheets(self, run, home, tmp_path, monkeypatch):
        monkeypatch.setattr(excel, "ROWS", 101)
        run("fact_spend", to=tmp_path / "a.xlsx")
        found = sheets.read(tmp_path / "a.xlsx")
        assert {name: len(rows) for name, rows in found.items()} == {"fact_spend": 101, "fact_spend 2": 29}

    def test_a_sheet_has_a_name_of_at_most_31_characters(self, home, tmp_path, monkeypatch):
        monkeypatch.setattr(excel, "ROWS", 3)
        with duckdb.connect() as con:
            found = Answer(con, "from range(5)")
            excel.write(tmp_path / "a.xlsx", [("x" * 40, found), ("y", found)], None)
        assert list(sheets.read(tmp_path / "a.xlsx")) == ["x" * 31, "x" * 29 + " 2", "x" * 29 + " 3", "y", "y 2", "y 3"]

    def test_nothing_is_said_with_quiet(self, run, tmp_path):
        assert run("-q", to=tmp_path / "marts") == ("", "")

    def test_it_is_its_owners_alone(self, run, tmp_path):
        run(to=tmp_path / "marts")
        run(to=tmp_path / "a.xlsx")
        assert stat.S_IMODE((tmp_path / "marts").stat().st_mode) == 0o700
        for path in (*(tmp_path / "marts").iterdir(), tmp_path / "a.xlsx"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


class TestPlaces:
    """What an export may write over: what an export wrote."""

    def test_the_next_night_replaces_what_the_last_one_wrote(self, run, tmp_path):
        home = publish(tmp_path / "home")
        for to in (tmp_path / "marts", tmp_path / "a.xlsx"):
            run(to=to, root=home.root)
        with duckdb.connect(home.database) as con:
            con.execute("delete from fact_spend")
        for to in (tmp_path / "marts", tmp_path / "a.xlsx"):
            run(to=to, root=home.root)
        assert len(sheets.read(tmp_path / "a.xlsx")["fact_spend"]) == 1
        with duckdb.connect() as con:
            assert con.execute(f"from '{tmp_path}/marts/fact_spend.parquet'").fetchall() == []

    def test_a_folder_of_ours_may_hold_other_things_which_stay(self, run, tmp_path):
        to = tmp_path / "marts"
        run("fact_spend", "dim_ad", to=to)
        (to / "notes.txt").write_text("mine")
        run("--format", "csv", "fact_spend", to=to)
        run("fact_spend", to=to)
        assert names(to) == ["dim_ad.parquet", "fact_spend.csv", "fact_spend.parquet", "growthos.json", "notes.txt"]
        assert json.loads((to / "growthos.json").read_text()) == {
            "schema_version": 1,
            "files": ["dim_ad.parquet", "fact_spend.csv", "fact_spend.parquet"],
        }
        (to / "dim_channel.parquet").write_text("mine too")
        before = contents(to)
        _, err = run(to=to, code=ExitCode.CANNOT_WRITE)
        assert f"{to}/dim_channel.parquet was not written by an export." in err.replace("\n", "")
        assert contents(to) == before

    def test_an_empty_folder_is_taken(self, run, tmp_path):
        (tmp_path / ".DS_Store").touch()
        run("fact_spend", to=tmp_path)
        assert names(tmp_path) == [".DS_Store", "fact_spend.parquet", "growthos.json"]

    @pytest.mark.parametrize("content", ["nonsense", "[]", "{}", '{"files": 3}'])
    def test_a_folder_that_holds_other_things_is_refused(self, run, tmp_path, content):
        (tmp_path / "a.txt").touch()
        _, err = run(to=tmp_path, code=ExitCode.CANNOT_WRITE)
        assert f"{tmp_path} holds other things, such as a.txt." in err
        (tmp_path / "growthos.json").write_text(content)
        _, err = run(to=tmp_path, code=ExitCode.CANNOT_WRITE)
        assert f"{tmp_path}/growthos.json is not the list of an export." in err
        assert names(tmp_path) == ["a.txt", "growthos.json"]

    def test_a_workbook_that_somebody_saved_since_is_refused(self, run, tmp_path):
        """Excel notes who saved a file last; one who works in it loses nothing."""
        file = tmp_path / "a.xlsx"
        run("fact_spend", to=file)
        run("fact_spend", to=file)
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(tmp_path / "new", "w") as new:
            for name in old.namelist():
                saved = b"<cp:lastModifiedBy>Ann</cp:lastModifiedBy>"
                new.writestr(name, old.read(name).replace(b"<cp:lastModifiedBy>growthos</cp:lastModifiedBy>", saved))
        for content in ((tmp_path / "new").read_bytes(), b"no workbook", b"PK\x05\x06" + bytes(18)):
            file.write_bytes(content)
            _, err = run("fact_spend", to=file, code=ExitCode.CANNOT_WRITE)
            assert f"{file} is not as `growthos export` wrote it" in err
            assert file.read_bytes() == content

    @pytest.mark.parametrize("spoilt", [(8, b"\x63"), (6, b"\x01"), (30, b"\xff" * 200)], ids=["way", "lock", "bytes"])
    def test_a_workbook_that_cannot_be_read_is_refused(self, run, tmp_path, spoilt):
        """Packed in another way, locked, or broken; so it may be somebody's."""
        file = tmp_path / "shop.xlsx"
        run("fact_spend", to=file)
        with zipfile.ZipFile(file) as packed:
            at = packed.getinfo("docProps/core.xml").header_offset
        content, (place, other) = bytearray(file.read_bytes()), spoilt
        start = at + place + (len("docProps/core.xml") if place == 30 else 0)
        content[start : start + len(other)] = other
        if place != 30:  # the directory at the end says it too
            entry = content.rindex(b"PK\x01\x02", 0, content.rindex(b"docProps/core.xml"))
            content[entry + place + 2 : entry + place + 2 + len(other)] = other
        file.write_bytes(content)
        _, err = run("fact_spend", to=file, code=ExitCode.CANNOT_WRITE)
        assert f"{file} is not as `growthos export` wrote it" in err
        assert file.read_bytes() == content

    def test_a_place_that_takes_nothing_is_named(self, run, tmp_path):
        (tmp_path / "file").touch()
        (tmp_path / "folder.xlsx").mkdir()
        for to, says in (
            (tmp_path / "no" / "where", "cannot be written: No such file or directory"),
            (tmp_path / "no" / "where.xlsx", "cannot be written: No such file or directory"),
            (tmp_path / "file", "is a file"),
            (tmp_path / "folder.xlsx", "cannot be written: it is no file"),
            (Path("/proc/x"), "cannot be written: No such file or directory"),
        ):
            _, err = run("fact_spend", to=to, code=ExitCode.CANNOT_WRITE)
            assert f"{to} {says}" in err.replace("\n", " ")
        assert names(tmp_path) == ["file", "folder.xlsx"]

    @pytest.mark.parametrize(
        ("to", "more", "says"),
        [
            ("a.csv", ["--format", "csv"], "names a file, and an export in csv is a folder"),
            ("a.parquet", [], "names a file, and an export in parquet is a folder"),
            ("a.xlsx", ["--format", "csv"], "does not go with --format csv"),
            ("marts", ["--format", "xlsx"], "does not go with --format xlsx"),
            ("marts", ["--format", "json"], "It is one of parquet, csv, xlsx"),
            ("marts", ["--raw-csv"], "--raw-csv goes with --format csv alone"),
            ("marts", ["fact_order"], "Did you mean fact_orders?"),
            ("marts", ["staging.x"], "'staging.x' is not known"),
        ],
    )
    def test_what_does_not_go_together_is_told(self, run, tmp_path, to, more, says):
        _, err = run(*more, to=tmp_path / to, code=ExitCode.USAGE)
        assert says in " ".join(err.split())
        assert names(tmp_path) == []

    def test_before_any_sync_there_is_nothing(self, run, tmp_path):
        _, err = run(to=tmp_path / "marts", root=tmp_path / "home", code=ExitCode.NO_DATA)
        assert "No data yet" in err
        assert names(tmp_path) == []


class TestWhole:
    """A reader finds the export before or this one, and never half of a file."""

    @pytest.mark.parametrize("form", ["parquet", "csv"])
    def test_a_disk_that_is_full_halfway_leaves_all_that_was_there(self, run, tmp_path, monkeypatch, form):
        """The fifth table does not go onto it."""
        run("--format", form, to=tmp_path / "marts")
        before = contents(tmp_path / "marts")
        home = publish(tmp_path / "home")
        with duckdb.connect(home.database) as con:
            con.execute("delete from dim_channel")
        from growthos import render

        plain, written = render.put_down, []

        def put_down(*given: object) -> None:
            written.append(given)
            if len(written) == 5:
                raise OSError(28, "No space left on device")
            plain(*given)

        monkeypatch.setattr(render, "put_down", put_down)
        _, err = run("--format", form, to=tmp_path / "marts", root=home.root, code=ExitCode.CANNOT_WRITE)
        assert f"{tmp_path}/marts cannot be written: No space left on device." in err.replace("\n", "")
        assert contents(tmp_path / "marts") == before

    def test_a_run_that_was_killed_holds_nobody_up(self, run, tmp_path, monkeypatch):
        """At every step of putting files in their places: the next export succeeds, and nothing is left of this one."""
        to = tmp_path / "marts"
        plain = folders.put
        for step in range(4):
            shutil.rmtree(to, ignore_errors=True)
            done = []

            def put(new: Path, path: Path, done: list = done, step: int = step) -> None:
                done.append(path)
                if len(done) > step:
                    raise KilledError
                plain(new, path)

            monkeypatch.setattr(exports, "put", put)
            monkeypatch.setattr(folders.shutil, "rmtree", lambda *_, **__: None)
            with pytest.raises(KilledError):
                run("fact_spend", "dim_ad", "run_info", to=to)
            monkeypatch.undo()
            assert (to / exports.WORKPLACE).is_dir(), "as a kill leaves it"
            run("fact_spend", "dim_ad", "run_info", to=to)
            assert names(to) == ["dim_ad.parquet", "fact_spend.parquet", "growthos.json", "run_info.parquet"]

    def test_what_stands_in_the_way_of_the_work_is_told(self, run, tmp_path):
        """A link of that name could lead anywhere, so it is not followed."""
        (tmp_path / "marts").mkdir()
        (tmp_path / "victim").mkdir()
        (tmp_path / "victim" / "file").touch()
        (tmp_path / "marts" / ".growthos.tmp").symlink_to(tmp_path / "victim")
        run("fact_spend", to=tmp_path / "marts", code=ExitCode.CANNOT_WRITE)
        assert names(tmp_path / "victim") == ["file"]


def test_the_demos_export_adds_up_to_its_kpis(run, demo_home, tmp_path, capfd):
    """Spend, clicks, sessions and orders of the last week, added up over the files by DuckDB."""
    root = demo_home().root
    run("fact_spend", "fact_traffic", "fact_orders", to=tmp_path / "marts", root=root)
    run("--format", "csv", "fact_spend", to=tmp_path / "tables", root=root)
    assert cli.run(["--home", str(root), "kpis", "--until", "2026-03-29", "--format", "json"]) == 0
    kpis = {one["name"]: one for one in json.loads(capfd.readouterr().out)["kpis"]}
    week = "where date_key between '2026-03-23' and '2026-03-29'"
    with duckdb.connect() as con:

        def total(what: str, file: str, more: str = "") -> int:
            return con.execute(f"select {what} from '{tmp_path}/{file}' {week} {more}").fetchall()[0][0]

        for file in ("marts/fact_spend.parquet", "tables/fact_spend.csv"):
            assert total("sum(spend_cents)", file) == kpis["ad_spend"]["value"] == 538_510
            assert total("sum(clicks)", file) == kpis["ctr"]["numerator"]
        assert total("sum(sessions)", "marts/fact_traffic.parquet") == kpis["conversion_rate"]["denominator"]
        orders = "marts/fact_orders.parquet"
        assert total("count(*)", orders, "and is_counted") == kpis["aov"]["denominator"]
        assert total("count(*)", orders, "and is_counted and is_new_customer") == kpis["cac"]["denominator"] == 56


def test_no_name_e_mail_or_address_of_a_person_is_exported(run, demo_home, tmp_path):
    """What the help and the README say is in dim_customer; a column that comes to it is looked at here."""
    run(to=tmp_path / "marts", root=demo_home().root)
    with duckdb.connect() as con:
        columns = con.execute(f"describe from '{tmp_path}/marts/dim_customer.parquet'").fetchall()
        for file in (tmp_path / "marts").glob("*.parquet"):
            for name, kind, *_ in con.execute(f"describe from '{file}'").fetchall():
                if kind == "VARCHAR":
                    found = con.execute(
                        f"select {name} from '{file}' where regexp_matches({name}, '[^ ]@[^ ]+[.][a-z]')"
                    ).fetchall()
                    assert not found, (file.name, name)
    assert [name for name, *_ in columns] == [
        *("customer_key", "source", "email_sha256", "created_utc", "first_order_date", "first_order_key"),
        *("first_channel_key", "first_campaign_key", "cohort_month", "prior_orders", "counted_orders"),
        *("last_order_date", "country", "region", "customer_hash"),
    ]

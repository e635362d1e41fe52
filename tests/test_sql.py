"""`growthos sql`: what a person's own query may reach, how its answer comes out in each form, and how it ends."""

import csv
import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import sheets
from hand_made import HOSTILE, publish
from test_hostile_names import NAMES, hidden
from test_process import PROGRAM, environment

from growthos import cli
from growthos.cli import options
from growthos.errors import CannotWriteError, ExitCode
from growthos.folders import making
from growthos.home import Home
from growthos.render import answers, excel
from growthos.render.text import NOTHING

Run = Callable[..., tuple[int, str, str]]

EVERY_KIND = """
select
    42 as whole,
    9007199254740993 as big,
    -1.50::decimal(9, 2) as amount,
    0.25::double as share,
    true as yes,
    null as nothing,
    date '2026-03-01' as day,
    timestamp '2026-03-01 04:05:06' as instant,
    timestamptz '2026-03-01 04:05:06+02' as zoned,
    interval 3 days as span,
    '\\x00A'::blob as bytes,
    [1, 2, null] as list,
    {'a': 1.10, 'b': 'x'} as struct,
    'Grüße, 🦆' as words
"""
"""A value of each kind. 9007199254740993 is 2 to the 53rd and one: the first whole number that no float is."""


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return publish(tmp_path_factory.mktemp("sql") / "home")


@pytest.fixture
def run(home: Home, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `growthos sql` in this process, at nobody's terminal."""

    def ran(*arguments: str, stdin: bytes | None = None, code: int = 0, root: Path = home.root) -> tuple[int, str, str]:
        patch = pytest.MonkeyPatch()
        patch.setattr(sys, "stdin", None if stdin is None else io.TextIOWrapper(io.BytesIO(stdin)))
        ended = cli.run(["--home", str(root), "sql", *arguments])
        patch.undo()
        said = capfd.readouterr()
        assert ended == code, said.err
        assert "Traceback" not in said.out + said.err
        return ended, said.out, said.err

    return ran


class TestForms:
    """One answer in each form, each value worked out by hand."""

    def test_csv(self, run):
        _, out, _ = run(EVERY_KIND, "--format", "csv")
        assert out == (
            "whole,big,amount,share,yes,nothing,day,instant,zoned,span,bytes,list,struct,words\n"
            "42,9007199254740993,-1.50,0.25,true,,2026-03-01,2026-03-01 04:05:06,2026-03-01 02:05:06+00,3 days,"
            '\\x00A,"[1,2,null]","{""a"":1.1,""b"":""x""}","Grüße, 🦆"\n'
        )

    def test_json(self, run):
        _, out, _ = run(EVERY_KIND, "--format", "json")
        found = json.loads(out, parse_float=Decimal)
        assert found["schema_version"] == 1
        assert found["columns"][2] == {"name": "amount", "type": "DECIMAL(9,2)"}
        assert found["rows"] == [
            {
                "whole": 42,
                "big": 2**53 + 1,
                "amount": Decimal("-1.5"),
                "share": Decimal("0.25"),
                "yes": True,
                "nothing": None,
                "day": "2026-03-01",
                "instant": "2026-03-01 04:05:06",
                "zoned": "2026-03-01 02:05:06+00",
                "span": "3 days",
                "bytes": "\\x00A",
                "list": [1, 2, None],
                "struct": {"a": Decimal("1.1"), "b": "x"},
                "words": "Grüße, 🦆",
            }
        ]
        assert out.isascii()

    def test_markdown(self, run):
        _, out, _ = run("select 1 as n, null as none, 'a|b' as t, 1.50::decimal(9, 2) as d", "--format", "markdown")
        assert out == f"| n | none | t | d |\n|---:|---|---|---:|\n| 1 | {NOTHING} | a\\|b | 1.50 |\n"

    def test_table(self, run):
        _, out, err = run("select 1234567 as n, null as none, false as no, 0.0000001::decimal(9, 8) as d")
        assert [line.split() for line in out.splitlines() if "─" not in line] == [
            ["n", "none", "no", "d"],
            ["1234567", NOTHING, "false", "0.00000010"],
        ]
        assert err == ""

    def test_parquet(self, run, tmp_path):
        """Types and values as they were; sums of whole numbers too, of which DuckDB would make floats."""
        query = f"select *, (big::hugeint * 1000) as sum from ({EVERY_KIND})"
        run(query, "-o", str(tmp_path / "a.parquet"))
        with duckdb.connect() as con:
            types = {name: kind for name, kind, *_ in con.execute(f"describe from '{tmp_path}/a.parquet'").fetchall()}
            there = con.execute(f"select * exclude (zoned) from '{tmp_path}/a.parquet'").fetchall()
            asked = con.execute(f"select * exclude (zoned) from ({query})").fetchall()
            [(zoned,)] = con.execute(f"select epoch(zoned) from '{tmp_path}/a.parquet'").fetchall()
        assert there == asked
        assert zoned == datetime.fromisoformat("2026-03-01T02:05:06+00:00").timestamp()
        assert types["sum"] == "DECIMAL(38,0)"
        assert there[0][-1] == 1000 * (2**53 + 1)
        assert (types["amount"], types["day"], types["list"]) == ("DECIMAL(9,2)", "DATE", "INTEGER[]")

    def test_excel(self, run, tmp_path):
        """Numbers, days and booleans as such; what Excel would round is text."""
        run(EVERY_KIND, "-o", str(tmp_path / "a.xlsx"))
        [(name, [head, row])] = sheets.read(tmp_path / "a.xlsx").items()
        assert name == "query"
        assert dict(zip(head, row, strict=True)) == {
            "whole": 42,
            "big": "9007199254740993",
            "amount": Decimal("-1.5"),
            "share": Decimal("0.25"),
            "yes": True,
            "nothing": None,
            "day": datetime.fromisoformat("2026-03-01"),
            "instant": datetime.fromisoformat("2026-03-01 04:05:06"),
            "zoned": "2026-03-01 02:05:06+00",
            "span": "3 days",
            "bytes": "\\x00A",
            "list": "[1,2,null]",
            "struct": '{"a":1.1,"b":"x"}',
            "words": "Grüße, 🦆",
        }

    @pytest.mark.parametrize("form", [*options.FORMATS, *options.FILES])
    def test_no_rows_are_an_answer(self, run, tmp_path, form):
        file = tmp_path / f"none.{form}"
        run("select 1 as a, 'x' as b where false", "--format", form, "-o", str(file))
        match form:
            case "csv":
                assert file.read_text() == "a,b\n"
            case "json":
                assert json.loads(file.read_text())["rows"] == []
            case "markdown":
                assert file.read_text() == "| a | b |\n|---:|---|\n"
            case "table":
                assert "No row answers to that." in file.read_text()
            case "parquet":
                with duckdb.connect() as con:
                    assert con.execute(f"from '{file}'").fetchall() == []
            case "xlsx":
                assert sheets.read(file) == {"query": [["a", "b"]]}

    @pytest.mark.parametrize("form", ["table", "csv", "json", "markdown", "xlsx"])
    def test_every_type_that_there_is_comes_out(self, run, tmp_path, form):
        """DuckDB's own list, with the least, the greatest and none of each type."""
        file = tmp_path / "all"
        run("from test_all_types()", "--format", form, "-o", str(file))
        text = str(sheets.read(file)) if form == "xlsx" else file.read_text()
        for word in (
            "-170141183460469231731687303715884105728",
            "340282366920938463463374607431768211455",
            "9999999999999999999999999999.9999999999",
            "5877642-06-25 (BC)",
            "2262-04-11 23:47:16.854775806",
            "83 years 3 months 999 days 00:16:39.999999",
        ):
            assert word in text.replace("\\", "")

    def test_days_without_an_end_are_no_days(self, run):
        """Python would take them for the year 9999."""
        _, out, _ = run("select 'infinity'::date as a, '-infinity'::timestamp as b, 'nan'::double as c", "--format=csv")
        assert out == "a,b,c\ninfinity,'-infinity,NaN\n"

    def test_what_is_json_for_duckdb_alone_stays_text(self, run):
        """A comma too many, lists within lists within lists, a number of thousands of digits."""
        deep, long = "[" * 5000 + "]" * 5000, "9" * 5000
        _, out, _ = run(
            "-", "--format", "json", stdin=f"select '[1,]'::json a, '{deep}'::json b, '{long}'::json c".encode()
        )
        assert json.loads(out)["rows"] == [{"a": "[1,]", "b": deep, "c": long}]
        assert "[1,]" in run("select '[1,]'::json as a")[1]

    def test_columns_of_one_name_are_both_there(self, run):
        _, out, _ = run("select 1 as a, 2 as a", "--format", "json")
        assert json.loads(out)["rows"] == [{"a": 1, "a_1": 2}]

    @pytest.mark.parametrize("ending", ["csv", "json", "md", "parquet", "xlsx"])
    def test_the_name_of_the_file_says_the_form(self, run, tmp_path, ending):
        run("select 1 as a", "-o", str(tmp_path / f"a.{ending}"))
        begins = {"csv": b"a\n1\n", "json": b"{", "md": b"| a |", "parquet": b"PAR1", "xlsx": b"PK"}
        assert (tmp_path / f"a.{ending}").read_bytes().startswith(begins[ending])

    @pytest.mark.parametrize("form", options.FILES)
    def test_what_is_no_text_wants_a_file(self, run, form):
        _, out, err = run("select 1", "--format", form, code=ExitCode.USAGE)
        assert out == ""
        assert f"Name it: -o answer.{form}." in err


class TestRows:
    def test_a_table_shows_the_first_fifty_and_says_how_many_more_there_are(self, run):
        _, out, _ = run("select i as number from range(1054) r(i)")
        lines = out.splitlines()
        assert lines[2:52] == [str(number).rjust(len("number")) for number in range(50)]
        assert lines[-1] == "1,004 more rows are not shown; --format csv or -o FILE.csv gives all of them."
        assert "more" not in run("from range(50)")[1]
        assert "1 more row is not shown" in run("from range(51)")[1]

    @pytest.mark.parametrize("form", ["csv", "markdown", "json"])
    def test_programs_get_all_of_them(self, run, form):
        """Over several fetches, in their order."""
        _, out, _ = run("select i as number from range(5001) r(i)", "--format", form)
        assert [int(one) for one in re.findall(r"\d+", out.partition("number")[2].partition("rows")[2] or out)] == [
            *range(5001)
        ]

    def test_a_number_is_never_cut(self, run):
        """Nor one in a list; long text may be."""
        digits = "9" * 38
        _, out, _ = run(f"select {digits}::hugeint as n, [{', '.join([digits] * 20)}] as many, repeat('x', 500) as t")
        assert "".join(out.split()).count(digits) == 21
        assert "x" * 201 not in out
        assert "…" in out

    @pytest.mark.long
    def test_a_million_rows_take_no_more_memory_than_ten_thousand(self, home):
        """In each form that can go to stdout; the process is measured as a whole."""

        def kilobytes(rows: int, form: str) -> int:
            query = f"select i, i::varchar || ' of many' as words from range({rows}) r(i)"
            command = [*PROGRAM, "--home", str(home.root), "sql", query, "--format", form]
            with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as process:
                lines = sum(1 for _ in process.stdout)
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0
            assert lines >= rows
            return used.ru_maxrss

        for form in ("csv", "json"):
            assert kilobytes(1_000_000, form) < kilobytes(10_000, form) + 30_000, form


class TestReach:
    """Nothing can be reached but the published tables, and nothing can be changed."""

    @pytest.mark.parametrize(
        "query",
        [
            "from read_text('{home}/growthos.toml')",
            "from read_text('/etc/passwd')",
            "from read_csv('/proc/self/environ')",
            "from '/etc/passwd'",
            "from '{home}/x.parquet'",
            "from glob('{home}/*')",
            "from read_csv('https://example.com/x.csv')",
            "from 'https://example.com/x.parquet'",
            "from query('copy (select 1) to ''{home}/out.csv''')",
            "from sniff_csv('/etc/passwd')",
            "from enable_logging()",
            "copy (select 1) to '{home}/out.csv'",
            "copy fact_orders from '/etc/passwd'",
            "export database '{home}/out'",
            "attach '{home}/other.duckdb' as other",
            "attach ':memory:' as other",
            "install httpfs",
            "load httpfs",
            "force install httpfs from community",
            "pragma enable_profiling",
            "pragma database_list",
            "call enable_logging()",
            "set enable_external_access = true",
            "set allowed_directories = ['/']",
            "set variable query = 'x'",
            "reset lock_configuration",
            "use temp",
            "begin",
            "checkpoint",
            "vacuum",
            "create table x as select 1",
            "create temp table x as select 1",
            "create or replace temp macro x() as 1",
            "create secret (type s3)",
            "insert into dim_channel select * from dim_channel",
            "update fact_orders set total_cents = 0",
            "delete from fact_orders",
            "drop table fact_orders",
            "alter table fact_orders add column x int",
            "prepare x as select 1",
            "execute x",
            "explain analyze select 1",
            "select 1) to '{home}/out.csv' (format csv); --",
            "select * from (select 1); copy (select 1) to '{home}/out.csv'",
        ],
    )
    def test_it_is_refused_in_words(self, run, home, query):
        before = {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}
        _, out, err = run(query.format(home=home.root), "--format", "csv", code=ExitCode.USAGE)
        assert out == ""
        assert err.startswith(("The query is", "The query asks", "These are 2 queries"))
        assert {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()} == before

    def test_a_query_that_makes_a_file_reads_none_beside_it(self, run, tmp_path):
        """DuckDB writes Parquet itself: into a folder of its own, and there alone."""
        (tmp_path / "secret.csv").write_text("a\n1\n")
        for query in (f"from '{tmp_path}/secret.csv'", f"from read_text('{tmp_path}/*')", "from read_text('/etc/*')"):
            _, _, err = run(query, "-o", str(tmp_path / "x.parquet"), code=ExitCode.USAGE)
            assert "asks for a file" in err
        assert files(tmp_path) == ["secret.csv"]

    def test_no_variable_of_the_program_is_a_table(self, run):
        """DuckDB looks for names among Python's variables unless it may not reach out."""
        rows = duckdb.sql("select 1 as a").fetchall()
        for name in ("rows", "con", "query", "sys"):
            _, _, err = run(f"from {name}", code=ExitCode.USAGE)
            assert f"Table with name {name} does not exist" in err
        assert rows

    @pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
    def test_a_name_that_is_made_to_do_harm_does_none(self, run, tmp_path, name):
        """The names of campaigns are whatever somebody wrote; in Parquet, Excel and JSON they are data as they are."""
        query = f"select '{name.replace(chr(39), 2 * chr(39))}' as name"
        if "\x00" in name:
            query = "select 'nul' || chr(0) || 'inside' as name"
        for form in ("table", "csv", "markdown"):
            _, out, err = run("-", "--format", form, stdin=query.encode())
            assert hidden(out + err) == set()
            if form == "csv":
                [[head], [cell]] = csv.reader(io.StringIO(out))
                assert head == "name"
                assert not cell.startswith(("=", "+", "-", "@", "\t"))
        _, out, _ = run("-", "--format", "json", stdin=query.encode())
        assert json.loads(out)["rows"] == [{"name": name}]
        _, out, _ = run("-", "--format", "csv", "--raw-csv", stdin=query.encode())
        assert next(csv.DictReader(io.StringIO(out, newline="")))["name"] == name
        run("-", "-o", str(tmp_path / "x.xlsx"), stdin=query.encode())
        assert sheets.read(tmp_path / "x.xlsx")["query"][1] == [name]
        run("-", "-o", str(tmp_path / "x.parquet"), stdin=query.encode())
        with duckdb.connect() as con:
            assert con.execute(f"from '{tmp_path}/x.parquet'").fetchall() == [(name,)]

    def test_the_name_of_a_column_does_no_harm_either(self, run, tmp_path):
        query = 'select 1 as "=cmd()", 2 as "a""b\x1b[2J", 3 as "[/oops]"'
        _, out, _ = run(query, "--format", "csv")
        assert next(csv.reader(io.StringIO(out))) == ["'=cmd()", 'a"b�[2J', "[/oops]"]
        for form in ("table", "markdown"):
            assert hidden(run(query, "--format", form)[1]) == set()
        run(query, "-o", str(tmp_path / "x.parquet"))
        with duckdb.connect() as con:
            assert con.execute(f"from '{tmp_path}/x.parquet'").fetchall() == [(1, 2, 3)]

    def test_a_campaign_with_a_bad_name_is_shown_and_not_obeyed(self, run):
        _, out, _ = run("select name from dim_campaign where campaign_key = 'meta:1'", "--format", "json")
        assert json.loads(out)["rows"] == [{"name": HOSTILE}]
        assert hidden(run("select name from dim_campaign")[1]) == set()


class TestMistakes:
    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("from fact_order", 'Did you mean "fact_orders"?'),
            ("select order_kay from fact_orders", 'Candidate bindings: "order_key"'),
            ("select summ(1)", 'Did you mean "sum"?'),
            ("selec 1", "LINE 1: selec 1\n        ^^^^^"),
            ("select\n1 +\nfrom x where", "LINE 3"),
            ("select 'x'::int", "Could not convert string 'x' to INT32"),
            ("select 1; select 2", "These are 2 queries; one at a time."),
            ("  ", "The query is empty."),
            (" -- only a remark", "The query is empty."),
            ("select $day", "The query has parameters: $day."),
            ("select $query", "The query has parameters: $query."),
            ("select ?", "The query has parameters: $1."),
            ("pivot dim_channel on is_paid using count(*)", "A PIVOT has to name its columns"),
            ("explain select 1", "The query is refused: EXPLAIN is more than reading."),
            ("select error('a: b')", "The query is wrong: a: b"),
        ],
    )
    def test_each_has_one_clear_message(self, run, query, says):
        _, out, err = run(query, code=ExitCode.USAGE)
        assert out == ""
        assert says in err
        assert "query($query)" not in err
        assert err.splitlines()[-1].startswith("  ")

    def test_a_table_of_duckdbs_own_is_no_near_match(self, run):
        assert "Did you mean" not in run("from pg_clas", code=ExitCode.USAGE)[2]

    @pytest.mark.parametrize(
        "query",
        [
            "select 1 as a;",
            "select 1 as a; -- done",
            "/* first */ select 1 as a",
            "from (values (1)) t(a)",
            "with x as (select 1 as a) from x",
            "with recursive x as (select 1 as a union all select a + 1 from x where a < 1) from x",
            "(select 1 as a)",
            "pivot (select 'a' as k, 1 as v) on k in ('a') using sum(v)",
        ],
    )
    def test_a_select_may_be_written_in_any_way(self, run, query):
        assert run(query, "--format", "csv")[1] == "a\n1\n"

    def test_tables_can_be_described(self, run):
        _, out, _ = run("describe dim_channel", "--format", "csv")
        assert out.splitlines()[1].startswith("channel_key,SMALLINT")
        assert run("show tables")[1]
        assert run("summarize dim_channel")[1]


class TestStdin:
    def test_a_query_may_come_by_a_pipe(self, run):
        for arguments in (["-"], []):
            assert run(*arguments, "--format", "csv", stdin=b"select 1 as a\n")[1] == "a\n1\n"
            assert run(*arguments, "--format", "csv", stdin=b"\xef\xbb\xbfselect 1 as a")[1] == "a\n1\n"

    def test_nothing_in_it_is_no_query(self, run):
        assert "dim_channel" in run(stdin=b"")[1]
        assert "dim_channel" in run(stdin=b"\n")[1]
        assert "The query is empty" in run("-", stdin=b"", code=ExitCode.USAGE)[2]
        assert "The query is empty" in run("-", code=ExitCode.USAGE)[2]

    def test_what_cannot_be_read_is_told(self, home):
        with Path("/proc/self/mem").open("rb") as unreadable:
            command = [*PROGRAM, "--home", str(home.root), "sql", "-"]
            done = subprocess.run(
                command, stdin=unreadable, env=environment(), capture_output=True, text=True, check=False
            )
        assert done.returncode == ExitCode.USAGE
        assert done.stderr.startswith("The query cannot be read from stdin: Input/output error.\n  Write it")

    def test_it_is_read_as_utf8(self, run):
        assert run("-", "--format", "csv", stdin="select 'ü' as a".encode())[1] == "a\nü\n"
        assert "not written in UTF-8" in run("-", stdin=b"select '\xfc'", code=ExitCode.USAGE)[2]
        assert "not written in UTF-8" in run("select '\udcfc'", code=ExitCode.USAGE)[2]


class TestTables:
    def test_alone_it_shows_what_can_be_asked(self, run, home):
        """Every table with its rows, what it holds and its columns, as DuckDB itself counts them."""
        with duckdb.connect(home.database, read_only=True) as con:
            names = [name for (name,) in con.execute("show tables").fetchall()]
            rows = {name: con.execute(f"select count(*) from {name}").fetchall()[0][0] for name in names}
            columns = {name: [one[0] for one in con.execute(f"describe {name}").fetchall()] for name in names}
        _, out, _ = run()
        found = json.loads(run("--format", "json")[1])["tables"]
        assert {one["name"]: one["rows"] for one in found} == rows
        assert {one["name"]: [column["name"] for column in one["columns"]] for one in found} == columns
        assert all(one["holds"].endswith(".") for one in found), "each says what it is"
        for name in names:
            assert re.search(rf"^{name}(?: \(view\))? +{rows[name]:,} ", out, re.MULTILINE), name
        listed = list(csv.DictReader(io.StringIO(run("--format", "csv")[1])))
        assert [(one["table"], one["column"]) for one in listed] == [
            (name, column) for name in names for column in columns[name]
        ]

    def test_they_are_no_rows(self, run, tmp_path):
        run("-o", str(tmp_path / "a.json"))
        assert json.loads((tmp_path / "a.json").read_text())["tables"]
        _, _, err = run("-o", str(tmp_path / "a.xlsx"), code=ExitCode.USAGE)
        assert "--format xlsx is for the rows of a query, and there is none." in err
        assert files(tmp_path) == ["a.json"]

    def test_staging_and_views_are_shown_where_there_are_some(self, run, tmp_path):
        home = publish(tmp_path / "home")
        with duckdb.connect(home.database) as con:
            con.execute("create schema staging")
            con.execute("create table staging.stg_shopify__orders as select 1 as order_id")
            con.execute("create view weekly as select 1 as a")
        _, out, _ = run("--format", "csv", root=home.root)
        found = {one["table"]: one for one in csv.DictReader(io.StringIO(out))}
        assert found["staging.stg_shopify__orders"]["holds"]
        assert found["weekly"]["kind"] == "view"

    def test_before_any_sync_there_is_none(self, run, tmp_path):
        for arguments in ([], ["select 1"]):
            assert "No data yet" in run(*arguments, root=tmp_path, code=ExitCode.NO_DATA)[2]


class TestFiles:
    def test_a_file_is_its_owners_alone_and_is_replaced_whole(self, run, tmp_path):
        for form in ("csv", "parquet", "xlsx"):
            file = tmp_path / f"a.{form}"
            run("select 1 as a", "-o", str(file))
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            before = file.read_bytes()
            run("select i // (i - 4000) from range(5000) r(i) where error(i::varchar) is null", "-o", str(file), code=2)
            assert file.read_bytes() == before
        assert files(tmp_path) == ["a.csv", "a.parquet", "a.xlsx"]

    def test_a_link_is_followed(self, run, tmp_path):
        (tmp_path / "real.csv").write_text("old")
        (tmp_path / "link.csv").symlink_to("real.csv")
        run("select 1 as a", "-o", str(tmp_path / "link.csv"))
        assert (tmp_path / "link.csv").is_symlink()
        assert (tmp_path / "real.csv").read_text() == "a\n1\n"
        (tmp_path / "loop.csv").symlink_to("loop.csv")
        run("select 1 as a", "-o", str(tmp_path / "loop.csv"))
        assert (tmp_path / "loop.csv").read_text() == "a\n1\n"

    @pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
    def test_a_place_that_takes_no_file_is_named(self, run, tmp_path, form):
        (tmp_path / "folder").mkdir()
        for place, why in (
            (tmp_path / "no" / "where", "No such file or directory"),
            (tmp_path / "folder", "Is a directory" if form == "csv" else "it is no file"),
            (Path("/proc/x"), "No such file or directory"),
        ):
            _, _, err = run("select 1", "--format", form, "-o", str(place), code=ExitCode.CANNOT_WRITE)
            assert f"{place} cannot be written: {why}" in err.replace("\n", " ")
        assert files(tmp_path) == ["folder"]

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
    def test_what_is_no_file_is_written_to_and_not_replaced(self, run):
        _, _, err = run("select 1", "--format", "csv", "-o", "/dev/full", code=ExitCode.CANNOT_WRITE)
        assert "No space left on device" in err
        assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)

    @pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
    def test_a_disk_that_is_full_leaves_what_was_there(self, run, home, tmp_path, form):
        """Files may grow to 64 kB in a process of its own; then the system says no, as a full disk does."""
        file = tmp_path / f"a.{form}"
        run("select 1 as a", "-o", str(file))
        before = file.read_bytes()
        limited = (
            "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
            "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)); from growthos import cli; cli.main()"
        )
        query = "select uuid()::varchar as a from range(20000)"
        command = [sys.executable, "-c", limited, "--home", str(home.root), "sql", query, "-o", str(file)]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == ExitCode.CANNOT_WRITE, done.stderr
        assert f"{file} cannot be written: File too large" in done.stderr.replace("\n", " ")
        assert file.read_bytes() == before
        assert files(tmp_path) == [file.name]

    def test_an_error_of_what_is_read_is_not_laid_to_what_is_written(self, tmp_path):
        broken = OSError(5, "Input/output error", "/elsewhere/growthos.duckdb")
        with pytest.raises(OSError, match="Input/output error") as caught, making(tmp_path / "x"):
            raise broken
        assert caught.value is broken
        with pytest.raises(CannotWriteError, match="x cannot be written") as told, making(tmp_path / "x"):
            raise OSError(5, "Input/output error")
        assert told.value.code == ExitCode.IO_ERROR


class TestExcel:
    """What Excel cannot hold is text, goes to another sheet, or is refused; nothing is lost."""

    def test_days_before_1900_and_after_9999_are_text(self, run, tmp_path):
        days = ("1899-12-31", "1900-03-01", "9999-12-31", "10000-01-01")
        run(f"select unnest({list(days)})::date as day", "-o", str(tmp_path / "a.xlsx"))
        assert sheets.read(tmp_path / "a.xlsx")["query"][1:] == [
            ["1899-12-31"],
            [datetime.fromisoformat("1900-03-01")],
            [datetime.fromisoformat("9999-12-31")],
            ["10000-01-01"],
        ]

    def test_a_number_of_more_than_fifteen_digits_is_text(self, run, tmp_path):
        numbers = ("999999999999999", "1000000000000000", "-1000000000000000")
        amounts = ("9999999999999.99", "12345678901234.567", "1500000000000000.000")
        run(
            f"select unnest([{', '.join(numbers)}]) as n, unnest([{', '.join(amounts)}]) as d",
            "-o",
            str(tmp_path / "a.xlsx"),
        )
        assert sheets.read(tmp_path / "a.xlsx")["query"][1:] == [
            [999999999999999, Decimal("9999999999999.99")],
            ["1000000000000000", "12345678901234.567"],
            ["-1000000000000000", Decimal(1500000000000000)],
        ]

    def test_rows_that_one_sheet_does_not_hold_go_on_in_another(self, run, tmp_path, monkeypatch):
        """A sheet of 1,001 rows has room for 1,000 below its head."""
        monkeypatch.setattr(excel, "ROWS", 1001)
        for rows, parts in ((1000, [1000]), (1001, [1000, 1]), (2500, [1000, 1000, 500])):
            run(f"select i as number from range({rows}) r(i)", "-o", str(tmp_path / "a.xlsx"))
            found = sheets.read(tmp_path / "a.xlsx")
            assert list(found) == ["query", "query 2", "query 3"][: len(parts)]
            assert [len(sheet) - 1 for sheet in found.values()] == parts
            assert all(sheet[0] == ["number"] for sheet in found.values())
            assert [row[0] for sheet in found.values() for row in sheet[1:]] == [*range(rows)]

    def test_its_limits_are_excels(self):
        assert (excel.ROWS, excel.COLUMNS, excel.CHARACTERS, excel.NAME) == (2**20, 2**14, 2**15 - 1, 31)

    def test_a_text_that_a_cell_does_not_hold_is_refused(self, run, tmp_path):
        """Excel counts as UTF-16 does: a duck is two."""
        run("select repeat('x', 32767) as t, repeat('🦆', 16383) as d", "-o", str(tmp_path / "a.xlsx"))
        before = (tmp_path / "a.xlsx").read_bytes()
        assert [len(one) for one in sheets.read(tmp_path / "a.xlsx")["query"][1]] == [32767, 16383]
        for text in ("repeat('x', 32768)", "repeat('🦆', 16384)"):
            _, _, err = run(f"select {text} as t", "-o", str(tmp_path / "a.xlsx"), code=ExitCode.USAGE)
            assert "The column 't' has a text of" in err
            assert "in row 1," in err
            assert (tmp_path / "a.xlsx").read_bytes() == before

    def test_more_columns_than_a_sheet_has_are_refused(self, run, tmp_path):
        columns = ", ".join(f"{number} as c{number}" for number in range(16385))
        _, _, err = run("-", "-o", str(tmp_path / "a.xlsx"), stdin=f"select {columns}".encode(), code=ExitCode.USAGE)
        assert "query has 16,385 columns, and a sheet of Excel has 16,384" in err


class TestEnd:
    """How a query ends before it is through."""

    @pytest.mark.long
    def test_ctrl_c_ends_it_at_once(self, home, tmp_path):
        """With a file: nothing is left of it, and what was there stays."""
        (tmp_path / "a.csv").write_text("old")
        for more in ([], ["-o", str(tmp_path / "a.csv")], ["-o", str(tmp_path / "b.parquet")]):
            command = [*PROGRAM, "--home", str(home.root), "sql", "select count(*) from range(1000000000000)", *more]
            with subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
            ) as process:
                time.sleep(1.5)
                assert process.poll() is None
                process.send_signal(signal.SIGINT)
                begun = time.monotonic()
                try:
                    out, err = process.communicate(timeout=10)
                finally:
                    process.kill()
            assert time.monotonic() - begun < 4
            assert (process.returncode, out) == (ExitCode.INTERRUPTED, b"")
            assert err.startswith(b"Interrupted.")
            assert b"Traceback" not in err
            assert files(tmp_path) == ["a.csv"]
            assert (tmp_path / "a.csv").read_text() == "old"

    def test_it_ends_when_nobody_reads_any_more(self, home):
        """`growthos sql … | head`: of a query without an end, too, and quietly."""
        query = "select i from range(1000000000000) r(i)"
        command = [*PROGRAM, "--home", str(home.root), "sql", query, "--format", "csv"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
            assert process.stdout.readline() == b"i\n"
            process.stdout.close()
            process.stdout = None
            try:
                _, err = process.communicate(timeout=20)
            finally:
                process.kill()
        assert (process.returncode, err) == (0, b"")

    def test_too_little_memory_is_told(self, home):
        script = (
            "import duckdb\nfrom growthos import cli\nplain = duckdb.connect\n"
            "duckdb.connect = lambda path, read_only, config: plain(path, read_only, config | {'memory_limit': '10MB'})"
            "\ncli.main()"
        )
        query = "select list(i) from range(20000000) r(i)"
        command = [sys.executable, "-c", script, "--home", str(home.root), "sql", query]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == ExitCode.IO_ERROR
        assert "There is not enough memory." in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_failed_build_is_announced_above_the_answer(self, tmp_path, capfd):
        home = publish(tmp_path / "home")
        home.runs.mkdir()
        build = {"finished_at": "2026-03-30T06:00:00+00:00", "published": False, "data_through": "2026-03-29"}
        (home.runs / "latest.json").write_text(json.dumps({"build": build, "checks": []}))
        assert cli.run(["--home", str(home.root), "sql", "select 1 as a", "--format", "csv"]) == 0
        said = capfd.readouterr()
        assert said.out == "a\n1\n"
        assert "was not published" in said.err


def test_the_demos_revenue_is_what_kpis_says(demo_home, capfd):
    """Net revenue of the last week from the tables: gross less discounts by order day, less returns by refund day."""
    root = str(demo_home().root)
    query = """
        select
            (select sum(gross_cents - discount_cents) from fact_orders where is_counted and date_key in week)
            - (select sum(returns_cents) from fact_refunds where is_counted and date_key in week) as cents
        from (select list(date_key) as week from dim_date where date_key between '2026-03-23' and '2026-03-29')
    """
    assert cli.run(["--home", root, "sql", query, "--format", "json"]) == 0
    [row] = json.loads(capfd.readouterr().out)["rows"]
    assert cli.run(["--home", root, "kpis", "revenue_net", "--until", "2026-03-29", "--format", "json"]) == 0
    [kpi] = json.loads(capfd.readouterr().out)["kpis"]
    assert row["cents"] == kpi["value"] == 1_005_007


def test_a_table_shows_as_many_rows_as_the_help_says(run):
    assert f"the first {answers.MOST} rows" in " ".join(run("--help")[1].replace("│", "").split())

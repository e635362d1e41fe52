"""What SQL, paths and settings cannot reach, whatever data and files a home holds."""

import ast
import os
import shutil
import socket
import stat
import subprocess
import sys
from functools import cache
from pathlib import Path

import duckdb
import pytest
from hand_made import publish
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_house import MODULES, imports

from growthos import cli, raw, warehouse
from growthos.connectors import find
from growthos.errors import DamagedDataError, ExitCode, SettingsError
from growthos.home import Home

SECRET = "canary-in-a-file"
HOSTILE = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "../x",
            "/etc/passwd",
            "a/../../b",
            "..",
            ".",
            "CON",
            "a\x00b",
            "x" * 300,
            "act_../1",
            "1;drop",
            "1 OR 1",
            "١٢",
        ]
    ),
    st.from_regex(r"(act_)?[0-9./\\'\" -]{1,20}"),
)


@cache
def tree(path: Path) -> ast.Module:
    """A module of ours, parsed once for all tests here."""
    return ast.parse(path.read_text())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = publish(tmp_path_factory.mktemp("lockdown") / "home")
    (made.root / ".env").write_text(f"X={SECRET}\n")
    (made.root / "raw").mkdir()
    (made.root / "raw" / "link").symlink_to("/etc/passwd")
    return made


@pytest.mark.parametrize(
    "statement",
    [
        "from read_text('{home}/.env')",
        "from read_text('{home}/raw/link')",
        "from read_text('/etc/passwd')",
        "from read_csv('/proc/self/environ')",
        "from '/etc/passwd'",
        "from glob('{home}/*')",
        "attach '{home}/other.duckdb' as other",
        "attach ':memory:' as other; copy (select 1) to '{home}/out.csv'",
        "copy (select 1) to '{home}/out.csv'",
        "export database '{home}/out'",
        "install httpfs",
        "load httpfs",
        "from read_csv('https://example.com/x.csv')",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set temp_directory = '/tmp'",
        "reset lock_configuration",
        "create secret (type s3)",
    ],
)
def test_who_reads_the_published_file_reaches_nothing_else(home, statement):
    """Not even the home's own files: a view that somebody put into it could ask for them."""
    con = warehouse.connect(home.database)
    try:
        with pytest.raises(duckdb.Error):
            con.execute(statement.format(home=home.root)).fetchall()
    finally:
        con.close()
    assert not (home.root / "out.csv").exists()


def test_who_may_write_files_writes_them_to_one_folder(home, tmp_path):
    """What an export is made in; not even there is anything that a view could read."""
    (tmp_path / "out").mkdir()
    con = warehouse.connect(home.database, writes=tmp_path / "out")
    try:
        con.execute(f"copy (select 1 as a) to '{tmp_path}/out/a.parquet' (format parquet)")
        for place in (tmp_path, home.root, tmp_path / "out" / "..", tmp_path / "output"):
            with pytest.raises(duckdb.PermissionException):
                con.execute(f"copy (select 1 as a) to '{place}/b.parquet' (format parquet)")
            with pytest.raises(duckdb.PermissionException):
                con.execute(f"from read_text('{place}/.env')").fetchall()
    finally:
        con.close()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "a.parquet"]


def test_a_file_that_somebody_else_made_shows_nothing_of_the_home(tmp_path, capfd):
    """A database with a view in the place of a table, which would read a secret into a heading."""
    home = publish(tmp_path / "home")
    (home.root / ".env").write_text(f"X={SECRET}\n")
    with duckdb.connect(str(home.database)) as con:
        con.execute("create table kept as from run_info")
        con.execute("drop table run_info")
        con.execute(
            f"create view run_info as select * replace (content as currency) from kept, read_text('{home.env}')"
        )
    for command in (["kpis", "--format", "json"], ["status"], ["alerts", "-v"], ["doctor", "--offline"]):
        assert cli.run(["--home", str(home.root), *command]) != 1
    said = capfd.readouterr()
    assert SECRET not in said.out + said.err
    with pytest.raises(DamagedDataError):
        warehouse.connect(home.database)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace shows what the system is asked")
@pytest.mark.parametrize("content", ["ours", "SQLite"])
def test_no_connection_is_opened_to_read_a_file(tmp_path, content):
    """DuckDB would fetch an extension for a file of SQLite, and for a name that ends like an address."""
    home = publish(tmp_path / "home")
    if content == "SQLite":
        home.database.write_bytes(b"SQLite format 3\x00" + bytes(8192))
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-qq", "-e", "trace=socket,connect", "-o", str(trace), sys.executable, "-m", "growthos"]
    done = subprocess.run([*command, "--home", str(home.root), "kpis"], capture_output=True, check=False)
    assert done.returncode == (0 if content == "ours" else ExitCode.DAMAGED), done.stderr
    assert [line for line in trace.read_text().splitlines() if "AF_INET" in line or "connect(" in line] == []


def test_the_trace_would_show_one(tmp_path):
    """Or the test above proves nothing."""
    if shutil.which("strace") is None:
        pytest.skip("strace shows what the system is asked")
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"
        command = ["strace", "-f", "-qq", "-e", "trace=socket,connect", "-o", str(tmp_path / "trace")]
        subprocess.run([*command, sys.executable, "-c", script], check=True)
    assert "AF_INET" in (tmp_path / "trace").read_text()


class TestNames:
    @pytest.mark.long
    @given(HOSTILE, HOSTILE, HOSTILE)
    @example("0", "0", "-")
    def test_a_folder_has_a_plain_name_or_none(self, source, account, stream):
        root = Path("/home/raw")
        try:
            made = raw.folder(root, source, account, stream)
        except ValueError:
            return
        assert made.parts[:-3] == root.parts
        assert all(
            part.isascii() and part.replace("-", "").replace("_", "").isalnum() and part == part.lower()
            for part in made.parts[-3:]
        )

    @settings(max_examples=40)
    @given(HOSTILE)
    @pytest.mark.parametrize(
        ("source", "setting"),
        [
            ("meta", "ad_account_id"),
            ("google_ads", "customer_id"),
            ("google_ads", "login_customer_id"),
            ("ga4", "property_id"),
            ("shopify", "shop_domain"),
        ],
    )
    def test_an_account_is_digits_or_a_shops_name_or_refused(self, source, setting, value):
        """It stands in paths, in addresses and in Google's queries: nothing else gets that far."""
        if not value.strip():
            return  # not set
        try:
            one = find()[source]({setting: value})
        except SettingsError:
            return
        for account in one.accounts():
            raw.folder(Path("/home/raw"), source, account, "x")
            assert account.isascii()
            assert account.isdigit() or (source == "shopify" and account.replace("-", "").isalnum())
        assert one.base_url.startswith("https://")
        assert "@" not in one.base_url
        assert one.base_url.count("/") == 2


class TestTheCode:
    @pytest.mark.long
    def test_nothing_that_is_read_can_be_run(self):
        """No format that is more than data, no text that is taken for code, no other programs but a schedule's."""
        strangers = {"pickle", "marshal", "shelve", "yaml", "dill", "joblib", "subprocess", "code", "runpy", "pty"}
        for name, path in MODULES.items():
            met = {one.split(".")[0] for one in imports(path)} & strangers
            assert met == ({"subprocess"} if name == "growthos.programs" else set()), name
            calls = "growthos.programs" in imports(path)
            assert not calls or name in {"growthos.crontab", "growthos.timers", "growthos.cli.schedule"}, name
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    assert node.func.id not in {"eval", "exec", "compile", "__import__"}, name

    def test_verification_is_switched_off_nowhere(self):
        for name, path in MODULES.items():
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.keyword):
                    assert node.arg not in {"verify", "check_hostname", "verify_mode"}, name
                    follows = node.arg == "follow_redirects" and getattr(node.value, "value", None) is not False
                    assert not follows, name

    def test_words_of_a_person_are_bound_and_never_written_into_sql(self):
        """Where the command line, settings and reports ask, a statement is a constant; names are the builder's."""
        for name, path in MODULES.items():
            if name.startswith("growthos.warehouse") or name in {"growthos.connectors.limits", "growthos.verify"}:
                continue
            for node in ast.walk(tree(path)):
                is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args
                if is_call and node.func.attr in {"execute", "sql", "query"}:
                    made = node.args[0]
                    formats = isinstance(made, ast.Call) and getattr(made.func, "attr", "") in {"format", "join"}
                    assert not isinstance(made, ast.JoinedStr | ast.BinOp), (name, node.lineno)
                    assert not formats, (name, node.lineno)


@pytest.mark.chaos
def test_every_kind_of_run_leaves_files_for_their_owner_alone(tmp_path):
    """Whatever the umask of the shell: a demo, a report into a file, a run that fails."""
    home, env = tmp_path / "home", {"PATH": os.environ["PATH"], "META_ACCESS_TOKEN": "t" * 20}
    out = str(tmp_path / "report.csv")
    runs = [
        ["demo"],
        ["--demo", "kpis", "--format", "csv", "-o", out],
        ["sync"],
    ]
    for arguments in runs:
        subprocess.run(
            [sys.executable, "-m", "growthos", "--home", str(home), *arguments],
            env=env,
            capture_output=True,
            check=False,
            umask=0,
        )
    found = [*home.rglob("*"), Path(out)]
    assert len(found) > 40
    for path in found:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), f"{path} is {mode:o}"

"""The one file, as it is on a machine with nothing of ours: an empty environment, and no Python to be found.

`.ci/build-binary` makes it, `dist/growthos`; GROWTHOS_BINARY names another. Where it was not made, nothing is tested.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from test_network import speaking_tls
from test_process import HELLO

from growthos.errors import ExitCode

ROOT = Path(__file__).parents[1]
FILE = Path(os.environ.get("GROWTHOS_BINARY", ROOT / "dist" / "growthos")).absolute()
MIB = 1 << 20
LARGEST_MIB = 80
ABOVE_HELLO = 0.25 / 0.13
"""`--version` may cost 0.25 CPU s where a hello-world on typer costs 0.13."""

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} was not built: run .ci/build-binary")


@pytest.fixture(scope="module")
def tools(tmp_path_factory) -> Path:
    """A PATH with the system's programs less every Python."""
    folder = tmp_path_factory.mktemp("tools")
    for name in ("ls", "mkdir", "mktemp", "mv", "rm", "tail", "tar", "gzip", "uname", "find", "sh"):
        (folder / name).symlink_to(shutil.which(name, path="/usr/bin:/bin") or name)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache") / "growthos"


@pytest.fixture(scope="module")
def home(tmp_path_factory, tools, cache) -> Path:
    """A home with the demo shop, which the file itself has made."""
    home = tmp_path_factory.mktemp("one-file")
    done = call(tools, cache, "--home", str(home), "demo")
    assert done.returncode == 0, done.stderr
    assert "Net revenue" in done.stdout
    assert "critical: Net revenue drop" in done.stdout
    return home


@pytest.fixture
def run(tools, cache, home):
    """A command on the demo shop."""
    return lambda *given, **more: call(tools, cache, "--home", str(home), "--demo", *given, **more)


def call(tools: Path, cache: Path, *given: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(FILE), *given],
        env={"PATH": str(tools), "GROWTHOS_CACHE": str(cache), **more},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_it_is_one_file_of_bounded_size():
    assert FILE.stat().st_size <= LARGEST_MIB * MIB


def test_it_needs_nothing_of_the_environment(tmp_path):
    """No PATH, no HOME, nothing but a place for what is unpacked; and it is of the version of these sources."""
    done = subprocess.run(
        [str(FILE), "--version"],
        env={"GROWTHOS_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (done.returncode, done.stdout, done.stderr) == (0, f"growthos {version}\n", "")


def test_two_first_runs_at_one_instant_both_work(tools, tmp_path):
    environ = {"PATH": str(tools), "GROWTHOS_CACHE": str(tmp_path / "cache")}
    running = [subprocess.Popen([str(FILE), "--version"], env=environ, stdout=subprocess.PIPE) for _ in range(2)]
    assert [(one.communicate(timeout=120)[0][:9], one.returncode) for one in running] == [(b"growthos ", 0)] * 2
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_the_numbers_are_those_of_the_sources(run, demo_home):
    """JSON and Parquet are read, days are cut in a zone, KPIs and alerts are the same to the cent."""
    from growthos import cli

    base = demo_home().root.parent
    for command in (["kpis", "--by", "channel"], ["alerts", "--all"]):
        out = base / f"from-sources-{command[0]}.json"
        assert cli.run(["--home", str(base), "--demo", *command, "--format", "json", "-o", str(out)]) == 0
        done = run(*command, "--format", "json")
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout) == json.loads(out.read_text())


def test_alerts_end_with_their_code(run):
    assert run("alerts", "--fail-on", "critical").returncode == ExitCode.ALERTS


def test_tables_are_drawn_and_measured(run):
    """Rich's tables of the widths of characters are among what is packed."""
    said = run("kpis", COLUMNS="80").stdout
    assert "Net revenue" in said
    assert "▁" in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_the_page_of_a_review_is_made(run):
    """Its template and its style are among what is packed."""
    said = run("report").stdout
    assert said.startswith("<!DOCTYPE html>")
    assert "font-variant-numeric" in said
    assert "$10,050.07" in said


def test_a_zone_that_the_system_lacks(run):
    """A query in DuckDB's own zones, and a crontab in Python's, where PYTHONTZPATH leads nowhere."""
    asked = "select timezone('Asia/Kolkata', timestamptz '2026-03-01 00:00:00+00')::varchar as t"
    assert "05:30" in run("sql", asked).stdout
    done = run("schedule", "--cron", PYTHONTZPATH="/nowhere")
    assert done.returncode == 0, done.stderr


def test_other_programs_get_what_they_read(run, tmp_path):
    for name in ("orders.csv", "orders.parquet", "orders.xlsx"):
        done = run("sql", "from fact_orders limit 5", "-o", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        assert (tmp_path / name).stat().st_size > 100


def test_the_shell_that_asks_is_known_and_completes(tools, cache):
    """The script is for the shell it was started from, whose name the system alone tells."""
    done = subprocess.run(
        ["bash", "-c", f"{FILE} --show-completion; exit $?"],
        env={"PATH": f"{tools}:/usr/bin:/bin", "GROWTHOS_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "_GROWTHOS_COMPLETE=complete_bash" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_are_completed(tools, cache, shell):
    asked = {"_GROWTHOS_COMPLETE": f"complete_{shell}", "COMP_WORDS": "growthos al", "COMP_CWORD": "1"}
    asked |= {"_TYPER_COMPLETE_ARGS": "growthos al", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    said = call(tools, cache, **asked).stdout
    assert "alerts" in said
    assert "sync" not in said


def test_the_schedule_names_the_file_and_not_what_was_unpacked(run, tools, cache, home):
    """From another folder, by a link of another name as well; and nothing of Python's paths is kept."""
    said = run("schedule", "--format", "json", PYTHONPATH="/lib")
    command = json.loads(said.stdout)["command"]
    assert command.startswith(f"{FILE} --home {home} --demo -q sync; ")
    assert str(cache) not in command
    (tools / "shop").symlink_to(FILE)
    done = subprocess.run(
        ["sh", "-c", f"shop --home '{home}' --demo schedule --format json"],
        env={"PATH": str(tools), "GROWTHOS_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["command"].startswith(f"{tools}/shop --home ")


def test_a_certificate_of_nobody_is_not_trusted(tools, cache, tmp_path):
    """The authorities' certificates are packed: without them there would be a file missing in place of a refusal."""
    with speaking_tls(tmp_path, "self-signed") as server:
        settings = {"META_BASE_URL": server.address, "META_ACCESS_TOKEN": "t" * 12, "META_AD_ACCOUNT_ID": "1001"}
        done = call(tools, cache, "--home", str(tmp_path), "connections", "--test", **settings)
    assert "cannot be trusted" in done.stdout + done.stderr
    assert not server.heard


def test_its_start_costs_little_more_than_typers(tools, cache, tmp_path):
    """In CPU time, the best of several, beside a hello-world on typer in a Python that is installed."""
    hello = tmp_path / "hello.py"
    hello.write_text(HELLO)
    ours = [str(FILE), "--version"]
    costs: dict[str, list[float]] = {"hello": [], "file": []}
    call(tools, cache, "--version")
    for _ in range(8):
        for name, command in (("hello", [sys.executable, str(hello), "--help"]), ("file", ours)):
            environ = {"PATH": str(tools), "GROWTHOS_CACHE": str(cache)}
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            costs[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(costs["file"]) <= ABOVE_HELLO * min(costs["hello"]), costs

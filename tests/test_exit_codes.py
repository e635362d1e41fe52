"""How each command can end: every exit code through the command line, what it says, and what it leaves unsaid.

A failure says what happened, where, why and what to do: the first line says the first three, and below it, indented,
stands the last. 130 and 143, which need a process of their own, are in test_process.
"""

import ast
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import faults
import pytest
from fault_server import Apis, served
from filelock import FileLock
from hand_made import publish
from small_shop import small_shop
from test_traps import ROOT

from growthos import cli, demo, errors, pipeline
from growthos.clock import SystemClock
from growthos.errors import CredentialsError, ExitCode, GrowthError, PatienceError, RefusedError, UnavailableError
from growthos.home import Home
from growthos.outcome import SyncReport
from growthos.sync import SourceReport
from growthos.warehouse import Built

SECRET = "canary-5e1a-token"
DAYS = ["--since", "2026-03-24", "--until", "2026-03-29"]
IN_A_PROCESS = {ExitCode.INTERRUPTED, ExitCode.TERMINATED}


class Ended(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


class Place:
    """A home, commands in it, and sources that go wrong."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], apis: Apis) -> None:
        self.root, self.patch, self.capsys, self.apis = root, patch, capsys, apis

    def run(self, *arguments: str) -> Ended:
        code = cli.run(["--home", str(self.root), *arguments])
        said = self.capsys.readouterr()
        return Ended(code, said.out, said.err)

    def settings(self, text: str) -> None:
        self.root.mkdir(exist_ok=True)
        (self.root / "growthos.toml").write_text(text)
        (self.root / "growthos.toml").chmod(0o600)

    def connect(self, **scripts: faults.Fault | None) -> None:
        """Connect these sources, each with what it does in place of its answers, by the environment."""
        from growthos.connectors import find

        for source in scripts:
            values = {**demo.settings()[source], **self.apis.addresses[source]}
            for one in find()[source].settings:
                if one.name in values:
                    self.patch.setenv(one.env, values[one.name])
        self.apis.script = faults.each({name: faults.always(fault) for name, fault in scripts.items() if fault})


@pytest.fixture
def place(tmp_path, monkeypatch, capsys) -> Iterator[Place]:
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
            monkeypatch.delenv(name)
    with served(small_shop(), SystemClock()) as apis:
        yield Place(tmp_path / "home", monkeypatch, capsys, apis)


def all_well(place: Place) -> Ended:
    publish(place.root)
    return place.run("kpis", "aov")


def a_bug(place: Place) -> Ended:
    """A defect put in by hand, with a secret in its words."""
    place.patch.setenv("META_ACCESS_TOKEN", SECRET)
    place.patch.setenv("META_AD_ACCOUNT_ID", "1001")

    def broken(*_: object) -> None:
        raise ZeroDivisionError(f"by {SECRET}")

    place.patch.setattr(pipeline, "choose", broken)
    place.root.mkdir()
    return place.run("sync")


def wrong_words(place: Place) -> Ended:
    return place.run("kpis", "revenu_net")


def one_source_failed(place: Place) -> Ended:
    place.connect(meta=None, ga4=faults.revoked)
    return place.run("sync", *DAYS)


def a_check_failed(place: Place) -> Ended:
    """Spend in dollars, a shop that counts in kronor, and no rate."""
    place.settings('currency = "SEK"\n')
    place.connect(meta=None)
    return place.run("sync", *DAYS)


def alerts_fire(place: Place) -> Ended:
    publish(place.root)
    return place.run("alerts", "--fail-on", "warning")


def a_damaged_file(place: Place) -> Ended:
    place.root.mkdir()
    Home(place.root).database.write_bytes(b"no database at all" * 500)
    return place.run("kpis")


def no_data(place: Place) -> Ended:
    return place.run("kpis")


def nobody_answers(place: Place) -> Ended:
    place.connect(meta=faults.sent_on(302, "https://elsewhere.example"))
    return place.run("sync", *DAYS)


def no_place_to_write(place: Place) -> Ended:
    """Even root makes no folder in /proc."""
    place.connect(meta=None)
    place.root = Path("/proc/growthos")
    return place.run("sync", *DAYS)


def a_disk_that_fails(place: Place) -> Ended:
    """The system's own file that fails to be read at its start."""
    place.root.mkdir()
    (place.root / "growthos.toml").symlink_to("/proc/self/mem")
    return place.run("kpis")


def somebody_is_at_work(place: Place) -> Ended:
    place.connect(meta=None)
    place.root.mkdir()
    with FileLock(place.root / ".lock"):
        return place.run("sync", *DAYS)


def all_refused(place: Place) -> Ended:
    place.connect(meta=faults.revoked, ga4=faults.revoked)
    return place.run("sync", *DAYS)


def wrong_settings(place: Place) -> Ended:
    place.settings('reporting_timezon = "UTC"\n')
    return place.run("sync")


WAYS: list[tuple[Callable[[Place], Ended], ExitCode, tuple[str, ...], str]] = [
    (all_well, ExitCode.OK, (), ""),
    (a_bug, ExitCode.BUG, ("bug in growthos", "ZeroDivisionError", "growthos --home"), "report it with the end of"),
    (wrong_words, ExitCode.USAGE, ("There is no KPI", "'revenu_net'"), "Did you mean revenue_net?"),
    (
        one_source_failed,
        ExitCode.PARTIAL,
        ("ga4", "does not accept the credentials", "(HTTP 4"),
        "`growthos login ga4`",
    ),
    (a_check_failed, ExitCode.CHECKS_FAILED, ("Not published", "meta:1202", "has an exchange rate"), "growthos checks"),
    (alerts_fire, ExitCode.ALERTS, (), ""),
    (
        a_damaged_file,
        ExitCode.DAMAGED,
        ("growthos.duckdb", "cannot be read as a database"),
        "`growthos rebuild`: it makes",
    ),
    (no_data, ExitCode.NO_DATA, ("No data yet",), "--home chooses another"),
    (nobody_answers, ExitCode.UNAVAILABLE, ("127.0.0.1", "sends us on to elsewhere.example"), "Check the address"),
    (no_place_to_write, ExitCode.CANNOT_WRITE, ("/proc/growthos", "cannot be written"), "Make room or mend"),
    (a_disk_that_fails, ExitCode.IO_ERROR, ("growthos.toml", "Input/output error"), "Look at the disk"),
    (somebody_is_at_work, ExitCode.BUSY, ("Another run is at work in",), "Wait until it has ended"),
    (all_refused, ExitCode.CREDENTIALS, ("meta does not accept the credentials", "ga4"), "META_ACCESS_TOKEN"),
    (wrong_settings, ExitCode.SETTINGS, ("growthos.toml:1", "reporting_timezon", "did you mean"), "Mend this"),
]


def test_the_table_knows_every_code():
    assert [code for _, code, _, _ in WAYS] == [code for code in ExitCode if code not in IN_A_PROCESS]


@pytest.mark.parametrize(
    ("way", "code", "said", "to_do"),
    [
        pytest.param(*one, marks=[pytest.mark.chaos] if one[0] is a_check_failed else [], id=one[0].__name__)
        for one in WAYS
    ],
)
def test_it_ends_with_its_code_and_says_what_where_why_and_what_to_do(place, way, code, said, to_do):
    ended = way(place)
    assert ended.code == code, ended.err
    words = " ".join(ended.err.split())
    for word in said:
        assert word in words
    assert to_do in words.replace(f"growthos --home {place.root} ", "growthos "), "and it stays in the home"
    assert "Traceback" not in ended.out + ended.err
    assert SECRET not in ended.out + ended.err
    if to_do:
        assert ended.out == "", "what is wanted goes to stdout, and what is wrong to stderr"


def test_a_bugs_traceback_is_in_the_log_alone_without_a_secret_and_for_its_owner(place):
    assert a_bug(place).code == ExitCode.BUG
    log = place.root / "logs" / "growthos.log"
    assert "Traceback" in log.read_text()
    assert "by [redacted]" in log.read_text()
    assert SECRET not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["kpis", "--format", "json"], 0),
        (["why", "roas", "--format", "json"], 0),
        (["cohorts", "--format", "json"], 0),
        (["alerts", "--fail-on", "warning", "--format", "json"], ExitCode.ALERTS),
        (["checks", "--format", "json"], 0),
        (["status", "--format", "json"], 0),
        (["verify", "--format", "json"], 0),
        (["sql", "from dim_channel", "--format", "json"], 0),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_a_report_for_programs_is_whole_and_alone_on_stdout(place, command, code):
    publish(place.root)
    ended = place.run(*command)
    assert ended.code == code
    assert json.loads(ended.out)["schema_version"] == 1


REFUSED = CredentialsError("meta", "no")
SILENT = UnavailableError("meta", "no")
WRONG = RefusedError("meta", "no")
LATER = PatienceError("meta", "no", resume_at=SystemClock().now())


@pytest.mark.parametrize(
    ("failures", "published", "code"),
    [
        ([[], []], True, ExitCode.OK),
        ([[SILENT], []], True, ExitCode.PARTIAL),
        ([[REFUSED], []], True, ExitCode.PARTIAL),
        ([[], []], False, ExitCode.CHECKS_FAILED),
        ([[SILENT], []], False, ExitCode.CHECKS_FAILED),
        ([[LATER], [SILENT]], True, ExitCode.PARTIAL),
        ([[LATER], [SILENT]], False, ExitCode.CHECKS_FAILED),
        ([[REFUSED], [SILENT]], True, ExitCode.UNAVAILABLE),
        ([[WRONG], [WRONG]], True, ExitCode.UNAVAILABLE),
        ([[REFUSED], [REFUSED]], True, ExitCode.CREDENTIALS),
        ([[REFUSED], [REFUSED]], False, ExitCode.CREDENTIALS),
        ([[REFUSED, SILENT]], False, ExitCode.UNAVAILABLE),
    ],
)
def test_of_several_conditions_the_gravest_decides(failures, published, code):
    """What is lost before all sources, those before the checks, the checks before some sources."""
    now = SystemClock().now()
    sources = tuple(SourceReport(str(number), errors=tuple(one)) for number, one in enumerate(failures))
    built = Built(published=published, checks=(), rows=(), data_through=now.date(), warnings=(), rejected={})
    assert SyncReport("run", now, now, sources, built).exit_code == code
    assert SyncReport("run", now, now, sources, built, lost=("a unit",)).exit_code == ExitCode.DAMAGED


def test_every_error_that_is_raised_says_what_to_do():
    """Those of files in sql/ and of newer homes all say the same; an account that is passed over is a warning."""
    kinds = {
        name
        for name, one in vars(errors).items()
        if isinstance(one, type)
        and issubclass(one, GrowthError)
        and name not in {"GrowthError", "SqlError", "NewerError"}
    } | {"ShrinkError", "DeniedError"}
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds:
                assert any(given.arg in {"hint", None} for given in node.keywords), f"{file}:{node.lineno}"

"""`growthos runs`: how past runs ended, as their reports tell it, of whatever age, and however they ended."""

import csv
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from demo_home import NOW
from loopback import FastClock, serve
from rich.console import Console
from stage import Stage
from test_process import PROGRAM, environment
from test_windows import as_first_told, as_told_later

from growthos import cli, past_runs, pipeline, runs, settings
from growthos.clock import DemoClock
from growthos.errors import CannotWriteError, ExitCode, SqlError, StoppedError, UnavailableError
from growthos.home import Home
from growthos.lock import locked
from growthos.outcome import SyncReport
from growthos.raw import read_header
from growthos.render import runs_page, screen
from growthos.sync import SourceReport
from growthos.wording import span

Run = Callable[..., tuple[int, str, str]]
BEGAN = datetime(2026, 3, 30, 4, 17, tzinfo=UTC)
OLDER = {
    "run_id": "0a" * 8,
    "started_at": "2026-03-29T04:17:00+00:00",
    "finished_at": "2026-03-29T04:19:05+00:00",
    "exit_code": 0,
    "quotas": {},
    "notices": [["meta", "version_ends", "version v26.0 ends"]],
    "lost": [],
    "sources": [{"name": "meta", "pages": 3, "records": 1459, "segments": 2, "errors": []}],
    "build": {"run_id": "0a" * 8, "finished_at": "…", "published": True, "data_through": "2026-03-28"},
    "checks": [],
}
"""A report as the first growthos kept it."""


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home(tmp_path / "shop")
    home.runs.mkdir(parents=True)
    return home


@pytest.fixture
def run(capsys, monkeypatch) -> Run:
    """Runs a command in this process; no setting of the machine counts."""
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
            monkeypatch.delenv(name)

    def ran(home: Home | Path, *arguments: str) -> tuple[int, str, str]:
        root = home.root if isinstance(home, Home) else home
        code = cli.run(["--home", str(root), "runs", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


def put(home: Home, number: int, **told: Any) -> dict[str, Any]:
    """A report of a run that began so many days after the first one, and took 65 seconds."""
    began = BEGAN + timedelta(days=number)
    report = {
        **OLDER,
        "run_id": f"{number:08x}" * 2,
        "started_at": began.isoformat(),
        "finished_at": (began + timedelta(seconds=65)).isoformat(),
        **told,
    }
    (home.runs / f"{report['run_id']}.json").write_text(json.dumps(report))
    return report


def listed(run: Run, home: Home, *arguments: str) -> list[dict[str, Any]]:
    code, out, err = run(home, "--format", "json", *arguments)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["schema_version"] == 1
    return told["runs"]


def only(run: Run, home: Home) -> dict[str, Any]:
    [told] = listed(run, home)
    return told


class TestReports:
    def test_an_older_report_is_read(self, run, home):
        put(home, 0)
        told = only(run, home)
        assert (told["command"], told["status"], told["seconds"], told["data_through"]) == (
            "sync",
            "ok",
            65,
            "2026-03-28",
        )
        assert told["sources"] == [
            {"name": "meta", "records": 1459, "pages": 3, "segments": 2, "rejected": 0, "seconds": None}
            | {"waited": None, "errors": []}
        ]
        assert told["notices"] == [{"source": "meta", "message": "version v26.0 ends"}]
        _, out, _ = run(home)
        assert "2026-03-30 04:17   ok       1 min 5 s   meta 1,459     00000000" in out

    def test_of_the_demo_it_says_what_the_raw_files_hold(self, run, demo_home):
        home = demo_home()
        code, out, _ = run(home.root.parent, "--demo", "--format", "json")
        *_, told = json.loads(out)["runs"]
        held: dict[str, int] = {}
        for path in home.raw.rglob("*.parquet"):
            header = read_header(path)
            held[header.source] = held.get(header.source, 0) + header.records
        assert code == 0
        assert {one["name"]: one["records"] for one in told["sources"]} == held
        assert (told["status"], told["published"], told["data_through"]) == ("ok", True, "2026-03-29")
        assert datetime.fromisoformat(told["started_at"]) == NOW

    @pytest.mark.parametrize(
        ("told", "status", "why"),
        [
            ({"exit_code": 3, "sources": [{"name": "ga4", "errors": ["no token"]}]}, "partial", ["ga4: no token"]),
            ({"exit_code": 69, "sources": [{"name": "ga4", "errors": ["ga4 is down"]}]}, "failed", ["ga4 is down"]),
            ({"exit_code": 65, "lost": ["meta: a unit"]}, "failed", ["meta: a unit."]),
            (
                {
                    "exit_code": 4,
                    "build": {"published": False, "data_through": None},
                    "checks": [
                        {"name": "unique_grain", "severity": "critical", "status": "fail"},
                        {"name": "freshness", "severity": "warning", "status": "fail"},
                        {"name": "revenue_not_null", "severity": "critical", "status": "pass"},
                    ],
                },
                "failed",
                ["Not published: unique_grain failed."],
            ),
            ({"exit_code": None, "failure": "A bug.", "finished_at": None}, "broken off", ["A bug."]),
            ({"exit_code": None, "failure": "A signal.", "stopped": True}, "stopped", ["A signal."]),
            ({"exit_code": None, "failure": "raw: No space left."}, "failed", ["raw: No space left."]),
            ({"exit_code": 0, "sources": []}, "ok", []),
        ],
    )
    def test_how_a_run_ended_and_why(self, run, home, told, status, why):
        put(home, 0, **told)
        found = only(run, home)
        assert (found["status"], found["why"]) == (status, why)
        assert found["command"] == ("rebuild" if told.get("sources") == [] else "sync")
        text = run(home)[1]
        assert all(one in text for one in why)
        assert ("all is well" in text) == (status == "ok")

    def test_what_is_no_report_is_passed_over(self, run, home):
        put(home, 0)
        for name, text in (("a", "{"), ("b", "[]"), ("c", "{}"), ("d", '{"run_id": "d", "started_at": "soon"}')):
            (home.runs / f"{name}.json").write_text(text)
        put(home, 1, sources=[{"pages": 3}])
        put(home, 2, notices=[["one"]])
        assert only(run, home)["run_id"] == "00000000" * 2

    def test_the_last_ones_come_first_whatever_the_files_say(self, run, home):
        for number in (3, 1, 2, 0):
            put(home, number)
        ids = [one["run_id"][:8] for one in listed(run, home)]
        assert ids == ["00000003", "00000002", "00000001", "00000000"]
        assert [one["run_id"][:8] for one in listed(run, home, "--last", "2")] == ids[:2]
        assert json.loads(run(home, "--last", "2", "--format", "json")[1])["kept"] == 4

    def test_names_from_outside_move_no_cursor(self, run, home):
        put(home, 0, exit_code=3, sources=[{"name": "me\x1b[2Jta", "errors": ["no\u202e [bold]"]}])
        for arguments in ([], ["00000000"]):
            out = run(home, *arguments)[1]
            assert "\x1b" not in out
            assert "\u202e" not in out
            assert "[bold]" in out


class TestKept:
    def report(self, home: Home, number: int) -> None:
        path = home.runs / f"{number:016x}.json"
        path.write_text("{}")
        os.utime(path, (number, number))

    def test_the_newest_thousand_stay(self, home):
        """An hourly cron for a year: 8,760 reports, were they all kept, and be it of runs that all failed."""
        for number in range(1005):
            self.report(home, number)
        (home.runs / "latest.json").write_text("{}")
        os.utime(home.runs / "latest.json", (0, 0))
        with pytest.raises(SqlError), runs.begun(home, "new", "sync", DemoClock(BEGAN)):
            raise SqlError("no")
        left = {path.stem for path in home.runs.iterdir()}
        assert left == {"new", "latest", *(f"{number:016x}" for number in range(6, 1005))}

    def test_a_report_is_small_whatever_went_wrong(self, home):
        """Ten thousand accounts that are refused, each in words of its own."""
        errors = tuple(UnavailableError("meta", f"account {number} is down") for number in range(10_000))
        notices = tuple(("meta", "account_skipped", f"account {number}") for number in range(10_000))
        lost = tuple(f"unit {number}" for number in range(10_000))
        source = SourceReport("meta", errors=errors)
        report = SyncReport("a1", BEGAN, BEGAN, (source,), None, notices, lost=lost)
        runs.write(home, "a1", report.as_json(), built=False)
        assert 10_000 < (home.runs / "a1.json").stat().st_size < 40_000


class TestEnds:
    """A run leaves a report however it ends."""

    def broken(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> Home:
        """A home in which a rebuild was ended by this error."""

        def make(*_: object, **__: object) -> None:
            raise error

        stage = Stage(tmp_path / "demo", monkeypatch)
        stage.read("meta")
        monkeypatch.setattr(pipeline, "make", make)
        home = Home(stage.root)
        with pytest.raises(type(error)):
            pipeline.rebuild(home, settings.demo(), DemoClock(BEGAN), pipeline.Watcher(), demo=True)
        return home

    @pytest.mark.parametrize(
        ("error", "status", "code", "why"),
        [
            (SqlError("sql/x.sql failed: no."), "failed", ExitCode.BUG, "sql/x.sql failed: no."),
            (CannotWriteError("raw/x: full.", hint="Make room."), "failed", ExitCode.CANNOT_WRITE, "raw/x: full."),
            (OSError(28, "No space left on device", "raw/x"), "failed", None, "raw/x: No space left on device."),
            (OSError("odd"), "failed", None, "The disk: odd."),
            (ZeroDivisionError("x"), "failed", None, "A bug: ZeroDivisionError; the log has the details."),
            (StoppedError(), "stopped", None, "A signal ended it. What was read is kept."),
        ],
    )
    def test_an_error_is_told_later(self, run, tmp_path, monkeypatch, error, status, code, why):
        self.broken(tmp_path, monkeypatch, error)
        _, out, _ = run(tmp_path, "--demo", "--format", "json")
        [told] = json.loads(out)["runs"]
        assert (told["command"], told["status"], told["exit_code"], told["why"]) == ("rebuild", status, code, [why])
        assert told["seconds"] == 0
        assert told["hint"] == getattr(error, "hint", "")
        assert why in run(tmp_path, "--demo")[1]

    def test_a_run_at_work_and_one_that_came_to_no_end(self, run, home):
        """Both have begun; the lock tells them apart, and only the last one can be at work."""
        put(home, 0, finished_at=None, exit_code=None)
        put(home, 1, finished_at=None, exit_code=None)
        assert [one["status"] for one in listed(run, home)] == ["broken off", "broken off"]
        with locked(home):
            assert [one["status"] for one in listed(run, home)] == ["running", "broken off"]
        assert "it was killed, or the power failed" in run(home)[1]
        assert listed(run, home)[0]["seconds"] is None

    @pytest.mark.parametrize(
        ("number", "status"), [(signal.SIGTERM, "stopped"), (signal.SIGKILL, "broken off")], ids=["ended", "killed"]
    )
    def test_a_sync_that_was_ended_from_outside(self, run, tmp_path, number, status):
        with serve(FastClock()) as server:
            server.script = lambda _, __: time.sleep(2)
            given = {"META_BASE_URL": server.address, "META_ACCESS_TOKEN": "t" * 12, "META_AD_ACCOUNT_ID": "1001"}
            with subprocess.Popen(
                [*PROGRAM, "--home", str(tmp_path), "-q", "sync"], stderr=subprocess.PIPE, env=environment(**given)
            ) as process:
                while not server.arrivals:
                    time.sleep(0.02)
                process.send_signal(number)
                process.communicate(timeout=5)
        told = only(run, Home(tmp_path))
        assert (told["command"], told["status"]) == ("sync", status)


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Iterator[Stage]:
    """Told first, told anew a day later, the same again, and then as at first: three days of Meta's."""
    with pytest.MonkeyPatch.context() as patch:
        stage = Stage(tmp_path_factory.mktemp("runs") / "demo", patch)
        for shop in (as_first_told(), as_told_later(), as_told_later(), as_first_told()):
            stage.shop = shop
            stage.sync("meta")
            stage.pass_days(1)
        yield stage


class TestRestated:
    def test_each_run_has_the_days_that_it_told_anew(self, run, stage):
        _, out, _ = run(stage.root.parent, "--demo", "--restatements", "--format", "json")
        assert [one["restated_days"] for one in json.loads(out)["runs"]] == [3, 0, 3, 0]
        _, out, _ = run(stage.root.parent, "--demo", "--restatements")
        assert "Restated" in out
        assert "Restated" not in run(stage.root.parent, "--demo")[1]
        _, out, _ = run(stage.root.parent, "--demo", "--format", "json")
        assert {one["restated_days"] for one in json.loads(out)["runs"]} == {None}

    def test_one_run_shows_what_each_was_and_became(self, run, stage):
        """Spend before and after as the shop's own records have it."""
        _, out, _ = run(stage.root.parent, "--demo", "--format", "json")
        newest, _, second, first = (one["run_id"] for one in json.loads(out)["runs"])

        def told(run_id: str) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
            out = run(stage.root.parent, "--demo", run_id, "--format", "json")[1]
            found = json.loads(out, parse_float=Decimal)
            return {(one["date"], one["measure"]): (one["was"], one["is"]) for one in found["restatements"]}

        assert told(first) == {}
        assert told(newest) == {key: (now, was) for key, (was, now) in told(second).items()}
        spend: dict[str, list[int]] = {}
        for place, shop in enumerate((as_first_told(), as_told_later())):
            for row in shop.campaign_days:
                if row.campaign.platform == "meta":
                    spend.setdefault(str(row.day), [0, 0])[place] += row.spend_micros
        moved = {
            (day, "spend"): (Decimal(was) / 10**6, Decimal(now) / 10**6)
            for day, (was, now) in spend.items()
            if was != now
        }
        assert len(moved) == 3
        assert {key: value for key, value in told(second).items() if key[1] == "spend"} == moved
        assert "meta restated 3 days: spend +" in run(stage.root.parent, "--demo", second)[1]
        assert "It told no day anew." in run(stage.root.parent, "--demo", first)[1]


class TestCommand:
    @pytest.fixture
    def three(self, home) -> Home:
        put(home, 1)
        put(home, 2, exit_code=3, sources=[*OLDER["sources"], {"name": "ga4", "errors": ["no [token]"]}])
        put(home, 0x10)
        return home

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["f"], "No run that is kept has an id that begins with 'f'."),
            (["000000"], "3 runs have an id that begins with '000000'."),
            ([""], "No run that is kept"),
            (["00000001", "--last", "3"], "go with the list alone"),
            (["--last", "0"], "greater than or equal to 1"),
            (["--format", "xml"], "It is one of table, json, csv, markdown"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, run, three, arguments, says):
        code, out, err = run(three, *arguments)
        assert (code, out) == (ExitCode.USAGE, "")
        assert says in " ".join(err.split())

    def test_one_run_in_full_by_the_beginning_of_its_id(self, run, three):
        code, out, _ = run(three, "00000002")
        assert code == 0
        for words in (
            f"sync {'00000002' * 2}: partial, exit code 3",
            "2026-04-01 04:17:00 UTC, 1 min 5 s",
            "ga4: no [token]",
            "Published, data through 2026-03-28.",
            "meta: version v26.0 ends",
        ):
            assert words in out

    @pytest.mark.parametrize("arguments", [[], ["00000002"]])
    def test_each_format_says_the_same_and_can_go_to_a_file(self, run, three, tmp_path, arguments):
        told = json.loads(run(three, *arguments, "--format", "json")[1])
        rows = list(csv.DictReader(StringIO(run(three, *arguments, "--format", "csv")[1])))
        if arguments:
            assert [row["records"] for row in rows] == [str(one["records"]) for one in told["sources"]] == ["1459", "0"]
        else:
            assert [row["run_id"] for row in rows] == [one["run_id"] for one in told["runs"]]
            assert [row["records"] for row in rows] == ["1459"] * 3
        assert "no \\[token\\]" in run(three, *arguments, "--format", "markdown")[1]
        shown = run(three, *arguments)[1]
        assert run(three, *arguments, "-o", str(tmp_path / "file"))[:2] == (0, "")
        assert (tmp_path / "file").read_text() == shown

    @pytest.mark.parametrize("width", [80, 120])
    def test_a_page_fits_the_terminal(self, three, width):
        found = past_runs.last(three, 10)
        for page in (runs_page.page(found), *map(runs_page.in_full, found.runs)):
            console = Console(file=StringIO(), width=width, force_terminal=True, color_system=None)
            lines = screen.draw(page, console).splitlines()
            assert max(map(len, lines)) <= width
            assert not any("…" in line for line in lines)

    def test_a_home_that_never_was_and_one_without_a_report(self, run, tmp_path):
        assert run(tmp_path / "mistyped")[0] == ExitCode.NO_DATA
        Home(tmp_path).raw.mkdir()
        code, out, _ = run(tmp_path)
        assert code == 0
        assert out.startswith("No run has left a report\n")

    def test_looking_changes_nothing(self, run, three):
        before = {path: path.stat().st_mtime_ns for path in three.root.rglob("*")}
        run(three)
        run(three, "00000002")
        assert {path: path.stat().st_mtime_ns for path in three.root.rglob("*")} == before


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0.0 s"),
        (0.84, "0.8 s"),
        (9.4, "9.4 s"),
        (9.96, "10 s"),
        (59.5, "1 min 0 s"),
        (595.6, "9 min 56 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_how_long_something_took(seconds, said):
    assert span(seconds) == said

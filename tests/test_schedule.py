"""`growthos schedule`: what it writes means the same to cron and systemd, and others' lines stay as they are."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from importlib import resources
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import faults
import pytest
from fault_server import served
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rich.console import Console
from small_shop import small_shop

import growthos
from growthos import crontab, demo, schedule, zones
from growthos.clock import SystemClock
from growthos.connectors import find
from growthos.errors import ExitCode, UsageError
from growthos.home import Home
from growthos.render import schedule_page, screen
from growthos.schedule import Schedule

SOURCE = str(Path(growthos.__file__).parents[1])
SHOP = Home(Path("/srv/shop"))
UTC, NEW_YORK, TOKYO, KOLKATA, BERLIN, SYDNEY = map(
    ZoneInfo, ("UTC", "America/New_York", "Asia/Tokyo", "Asia/Kolkata", "Europe/Berlin", "Australia/Sydney")
)
TODAY = date(2026, 3, 30)
NASTY = " '\"%$`\\!&;|<>()*?[]{}~#=:,@^é中ß"
FOREIGN = b"SHELL=/bin/bash\n# growthos-00000000 was here\n\n0 3 * * *\tbackup --all \\% x\n\xff\xfe no text\r\n"
CRONTAB = """#!/bin/sh
echo "$@" >> "$0.calls"
case "$1" in
-l) cat "$0.tab" 2>/dev/null || { echo "no crontab for tester" >&2; exit 1; } ;;
-) cat > "$0.tab" ;;
esac
"""
SYSTEMCTL = """#!/bin/sh
echo "$@" >> "$0.calls"
"""
REFUSES = """#!/bin/sh
echo "You (tester) are not allowed to use this program (crontab)." >&2
exit 1
"""
TAKES_NOTHING = """#!/bin/sh
[ "$1" = -l ] && { echo "no crontab for tester" >&2; exit 1; }
echo '"-":0: bad minute' >&2
exit 1
"""
NO_BUS = """#!/bin/sh
[ "$2" = enable ] || exit 0
echo "Failed to connect to bus: No medium found" >&2
exit 1
"""


class Said(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


def made(home: Home = SHOP, commands: tuple[str, ...] = ("growthos -q sync",), **more: object) -> Schedule:
    plain = Schedule(home, commands, (time(4, 17),), "Europe/Berlin", "UTC", asked=False, units=Path("/u"))
    return replace(plain, **more)


class TestTimes:
    @pytest.mark.parametrize(
        ("reporting", "machine", "earliest"),
        [
            (UTC, UTC, "04:00"),
            (BERLIN, BERLIN, "04:00"),
            (NEW_YORK, UTC, "09:00"),  # 04:00 there is 08:00 in summer and 09:00 in winter
            (UTC, TOKYO, "13:00"),
            (UTC, KOLKATA, "09:30"),
            (KOLKATA, UTC, "22:30"),  # of the day before, by the clock of this machine
            (SYDNEY, NEW_YORK, "14:00"),  # 14 to 16 hours apart
            (NEW_YORK, SYDNEY, "20:00"),
        ],
    )
    def test_the_day_has_been_over_for_four_hours_on_every_day_of_the_year(self, reporting, machine, earliest):
        """Not later than within the hour after the earliest time that is late enough on all of them."""
        [found] = schedule.times(SHOP, None, None, reporting, machine, TODAY)
        begin = datetime.combine(TODAY, time.fromisoformat(earliest))
        assert timedelta(0) <= (datetime.combine(TODAY, found) - begin) % timedelta(days=1) < timedelta(hours=1)
        for number in range(366):
            runs = datetime.combine(TODAY + timedelta(days=number), found, machine).astimezone(reporting)
            assert time(4) <= runs.time() < time(7)

    def test_many_homes_begin_at_many_minutes_and_none_on_the_hour(self):
        minutes = [
            schedule.times(Home(Path(f"/srv/{number}")), None, None, UTC, UTC, TODAY)[0].minute for number in range(400)
        ]
        assert set(minutes) == set(range(1, 60))
        assert max(minutes.count(one) for one in minutes) < 25

    def test_a_home_keeps_its_minute(self):
        once, again = (schedule.times(SHOP, None, None, UTC, UTC, day) for day in (TODAY, TODAY + timedelta(days=99)))
        assert once == again

    @pytest.mark.parametrize(
        ("every", "at", "hours"),
        [
            (None, "06:30", [6]),
            ("24h", "00:00", [0]),
            ("12h", "22:30", [10, 22]),
            ("6h", "05:01", [5, 11, 17, 23]),
            ("1h", "05:59", [*range(24)]),
        ],
    )
    def test_a_time_that_was_asked_for(self, every, at, hours):
        found = schedule.times(SHOP, every, at, NEW_YORK, TOKYO, TODAY)
        assert sorted(one.hour for one in found) == hours
        assert {f"{one:%M}" for one in found} == {at[3:]}
        assert f"{found[0]:%H:%M}" == at

    @pytest.mark.parametrize("every", ["7h", "0h", "-1h", "48h", "6", "h", "1d", "30m", "", "06h", "6h ", "\uff16h"])
    def test_no_part_of_a_day(self, every):
        with pytest.raises(UsageError, match="--every"):
            schedule.times(SHOP, every, None, UTC, UTC, TODAY)

    @pytest.mark.parametrize("at", ["24:00", "6:30", "06:60", "0630", "", "noon", "06:30:00", "\uff106:30"])
    def test_no_time(self, at):
        with pytest.raises(UsageError, match="--at"):
            schedule.times(SHOP, None, at, UTC, UTC, TODAY)

    def test_the_machines_zone_is_that_of_cron_whatever_the_shell_says(self, monkeypatch, tmp_path):
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        monkeypatch.setattr(zones, "LOCALTIME", tmp_path / "localtime")
        assert zones.machine().key == "UTC"
        there = tmp_path / "zoneinfo" / "America" / "New_York"
        there.parent.mkdir(parents=True)
        there.write_bytes((resources.files("tzdata") / "zoneinfo" / "America" / "New_York").read_bytes())
        (tmp_path / "localtime").symlink_to(there)
        assert zones.machine().key == "America/New_York"
        assert zones.machine().utcoffset(datetime(2026, 7, 1)) == timedelta(hours=-4)  # noqa: DTZ001 - of that zone


def by_cron(line: str, *, also_backslashes: bool) -> str:
    """What cron hands to the shell: the rest after five fields, as far as a percent sign, with `\\%` as `%`.

    Some crons take one of two backslashes away as well.
    """
    rest, found, escaped = line.split(" ", 5)[5], "", False
    for one in rest:
        if escaped:
            drops = one == "%" or (also_backslashes and one == "\\")
            found, escaped = (found[:-1] if drops else found) + one, False
        elif one == "%":
            break
        else:
            found, escaped = found + one, one == "\\"
    return found


def by_systemd(unit: str) -> list[str]:
    """The words of ExecStart as systemd.service(5) reads them: quotes, escapes, specifiers, then variables."""
    [line] = [line.removeprefix("ExecStart=") for line in unit.splitlines() if line.startswith("ExecStart=")]
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line)
    plain = [re.sub(r"\\(.)", lambda one: one[1], quoted) if quoted else bare for quoted, bare in words]
    for word in plain:
        assert not re.search(r"(?<!%)(%%)*%(?!%)", word), "a specifier"
        assert not re.search(r"(?<!\$)(\$\$)*\$(?!\$)", word), "a variable"
    return [word.replace("%%", "%").replace("$$", "$") for word in plain]


names = st.text(NASTY + "ab", min_size=1, max_size=12).map(lambda text: f"x{text}x")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("quotes")


class TestQuotes:
    @given(program=names, home=names, path=names)
    @hypothesis_settings(max_examples=60, deadline=None)
    def test_any_path_comes_through_cron_systemd_and_the_shell(self, place, program, home, path):
        """A program that tells what it is given, under any name, gets exactly this home, by each of these ways."""
        own, path = place / program, path.replace(":", "")
        own.write_text('#!/bin/sh\nprintf "%s\\0" "$PYTHONPATH" "$@"\n')
        own.chmod(0o700)
        environ = {"PYTHONPATH": f"/{path}"}
        commands = schedule.commands([str(own)], Path("/srv") / home, environ, demo=False)
        found = made(Home(Path("/srv") / home), commands)
        line = schedule.crontab(found)[-1]
        ways = [["/bin/sh", "-c", by_cron(line, also_backslashes=also)] for also in (False, True)]
        ways.append(by_systemd(schedule.service(found)))
        common = [f"/{path}", "--home", f"/srv/{home}", "-q"]
        for way in ways:
            said = subprocess.run(way, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
            assert said.stderr == ""
            assert said.stdout.split("\0") == [*common, "sync", *common, "alerts", "notify", ""]
        own.unlink()

    @pytest.mark.parametrize(
        ("sync", "notify", "code"), [("true", "true", 0), ("exit 3", "true", 3), ("true", "exit 69", 69)]
    )
    def test_the_alerts_come_whatever_came_of_the_sync_and_systemd_knows_what_failed(self, sync, notify, code):
        found = made(commands=(f"(echo sync; {sync})", f"(echo notify; {notify})"))
        for way in (
            ["/bin/sh", "-c", by_cron(schedule.crontab(found)[-1], also_backslashes=False)],
            by_systemd(schedule.service(found)),
        ):
            said = subprocess.run(way, capture_output=True, text=True, check=False)
            assert said.stdout == "sync\nnotify\n"
        assert said.returncode == code

    @pytest.mark.parametrize("home", ["/srv/a\nb", "/srv/a\tb", "/srv/a\u202eb", "/srv/a\udcffb"])
    def test_what_no_crontab_can_hold_is_refused(self, home):
        with pytest.raises(UsageError, match="stands in no crontab"):
            schedule.commands(["/bin/growthos"], Path(home), {}, demo=False)

    def test_relative_paths_become_whole(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        found = schedule.commands(["g"], Path("/h"), {"PYTHONPATH": "src::/lib"}, demo=True)
        assert found == (
            f"export PYTHONPATH={tmp_path}/src:/lib; g --home /h --demo -q sync",
            "g --home /h --demo -q alerts notify",
        )

    def test_the_program_is_the_one_that_runs(self, monkeypatch, tmp_path):
        """Its own file where it has one, by whatever path or name it was called, else the interpreter's module."""
        own = tmp_path / "bin" / "growthos-1.2"
        own.parent.mkdir()
        own.write_text("")
        own.chmod(0o700)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PATH", str(own.parent))
        for called in (str(own), "bin/growthos-1.2", "growthos-1.2"):
            monkeypatch.setattr(sys, "argv", [called])
            assert schedule.program() == (str(own),)
        for called in ("/lib/growthos/__main__.py", "-c", "growthos", "/bin/sh"):
            monkeypatch.setattr(sys, "argv", [called])
            assert schedule.program() == (sys.executable, "-P", "-m", "growthos")

    def test_one_file_without_python_is_named_whatever_it_is_called(self, monkeypatch):
        """It has no interpreter that others could start."""
        monkeypatch.setattr(sys, "frozen", True, raising=False)
        monkeypatch.setattr(sys, "argv", ["/opt/tools/shop numbers"])
        assert schedule.program() == ("/opt/tools/shop numbers",)


class TestCrontab:
    MARK = schedule.mark(SHOP)
    LINES = schedule.crontab(made())

    def test_every_line_of_ours_bears_the_mark_of_its_home(self):
        assert all(line.endswith(self.MARK) for line in self.LINES)
        assert schedule.mark(Home(Path("/srv/other"))) != self.MARK

    def test_others_stay_byte_for_byte_and_ours_keep_their_place(self):
        ours = "".join(f"{line}\n" for line in self.LINES).encode()
        once = crontab.exchanged(FOREIGN, self.MARK, self.LINES)
        assert once == FOREIGN + ours
        assert crontab.exchanged(once, self.MARK, self.LINES) == once
        more = once + b"5 5 * * * another\n"
        new = crontab.exchanged(more, self.MARK, [f"new {self.MARK}"])
        assert new == FOREIGN + f"new {self.MARK}\n".encode() + b"5 5 * * * another\n"
        assert crontab.exchanged(more, self.MARK, ()) == FOREIGN + b"5 5 * * * another\n"

    @pytest.mark.parametrize("before", [b"", b"\n", b"a\n", b"\n\na\n\n", FOREIGN])
    def test_what_was_added_goes_without_a_trace(self, before):
        after = crontab.exchanged(crontab.exchanged(before, self.MARK, self.LINES), self.MARK, ())
        assert after == before

    def test_a_last_line_without_an_end_gets_one(self):
        assert crontab.exchanged(b"a", self.MARK, ["b"]) == b"a\nb\n"

    def test_lines_of_another_home_are_not_ours(self):
        other = schedule.crontab(made(Home(Path("/srv/other"))))
        both = crontab.exchanged(crontab.exchanged(b"", self.MARK, self.LINES), other[0].rpartition(" # ")[2], other)
        assert [line.decode() for line in crontab.marked(both, self.MARK)] == list(self.LINES)


@pytest.fixture
def bin_(tmp_path) -> Path:
    """A folder for programs, alone on the PATH but for the system's plainest ones."""
    place = tmp_path / "bin"
    place.mkdir()
    for name in ("cat", "sh"):
        (place / name).symlink_to(shutil.which(name) or name)
    return place


def program(bin_: Path, name: str, text: str) -> Path:
    path = bin_ / name
    path.write_text(text)
    path.chmod(0o700)
    return path


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path, bin_) -> Run:
    """Runs `growthos schedule` as a process of its own, for a home with a blank and a percent sign in its name."""
    (tmp_path / "my 100% shop").mkdir()

    def ran(*arguments: str, home: Path | None = None, stdin: int = subprocess.DEVNULL, **more: str) -> Said:
        environ = {"PATH": str(bin_), "PYTHONPATH": SOURCE, "HOME": str(tmp_path / "me"), **more}
        done = subprocess.run(
            [sys.executable, "-m", "growthos", "--home", str(home or tmp_path / "my 100% shop"), *arguments],
            env=environ,
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    return ran


def answered(run: Run, answer: str, *arguments: str) -> Said:
    """The same where somebody sits at a terminal and gives this answer."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, answer.encode())
        return run("schedule", *arguments, stdin=terminal)
    finally:
        os.close(terminal)
        os.close(keyboard)


class TestInstall:
    @pytest.mark.long
    def test_the_crontab_gets_just_what_was_shown(self, run, bin_):
        fake = program(bin_, "crontab", CRONTAB)
        tab = Path(f"{fake}.tab")
        tab.write_bytes(FOREIGN)
        shown = run("schedule", "--cron").out.removeprefix("# crontab\n")
        assert "my 100\\% shop" in shown
        said = run("schedule", "--install", "--yes")
        assert (said.code, said.out) == (0, f"# crontab\n{shown}")
        assert "all others are as they were" in said.err
        assert tab.read_bytes() == FOREIGN + shown.encode()

        again = run("schedule", "--install", "--yes")
        assert (again.code, again.out) == (0, "")
        assert "already" in again.err
        assert tab.read_bytes() == FOREIGN + shown.encode()
        assert Path(f"{fake}.calls").read_text().split("\n").count("-") == 1, "written once"

        assert run("schedule", "--at", "06:30", "--install", "--yes").code == 0
        assert tab.read_bytes().count(b"my 100\\% shop") == 2
        assert b"\n30 6 * * * " in tab.read_bytes()

        gone = run("schedule", "--remove", "--yes")
        assert gone.code == 0
        assert gone.out.startswith("# crontab\n# growthos in ")
        assert tab.read_bytes() == FOREIGN
        nothing = run("schedule", "--remove", "--yes")
        assert (nothing.code, nothing.out) == (0, "")
        assert "Nothing runs for" in nothing.err

    def test_a_first_crontab_is_made(self, run, bin_):
        fake = program(bin_, "crontab", CRONTAB)
        assert run("schedule", "--install", "--yes").code == 0
        assert Path(f"{fake}.tab").read_text().count("\n") == 4

    def test_a_home_that_is_gone_can_be_taken_away(self, run, bin_, tmp_path):
        fake = program(bin_, "crontab", CRONTAB)
        run("schedule", "--install", "--yes")
        (tmp_path / "my 100% shop").rmdir()
        assert run("schedule", "--remove", "--yes").code == 0
        assert Path(f"{fake}.tab").read_bytes() == b""

    @pytest.mark.parametrize(("answer", "written"), [("y\n", True), ("n\n", False), ("\n", False), ("\x04", False)])
    def test_at_a_terminal_it_asks(self, run, bin_, answer, written):
        fake = program(bin_, "crontab", CRONTAB)
        said = answered(run, answer, "--install")
        assert said.code == 0
        assert "Write these lines into the crontab? [y/N]" in said.err
        assert ("Nothing was changed." in said.err) != written
        assert Path(f"{fake}.tab").exists() == written

    def test_where_nobody_can_be_asked_nothing_is_done(self, run, bin_):
        fake = program(bin_, "crontab", CRONTAB)
        said = run("schedule", "--install")
        assert said.code == ExitCode.USAGE
        assert said.out.startswith("# crontab\n")
        assert "Add --yes" in said.err
        assert not Path(f"{fake}.tab").exists()

    def test_systemd_gets_the_units_and_is_told(self, run, bin_, tmp_path):
        fake = program(bin_, "systemctl", SYSTEMCTL)
        shown = run("schedule", "--systemd").out
        said = run("schedule", "--install", "--yes")  # there is no crontab
        assert (said.code, said.out) == (0, shown)
        units = tmp_path / "me" / ".config" / "systemd" / "user"
        [once, clock] = sorted(path.name for path in units.iterdir())
        assert re.fullmatch(r"growthos-my-100-shop-[0-9a-f]{8}\.service", once)
        assert (
            shown == f"# {units / once}\n{(units / once).read_text()}\n# {units / clock}\n{(units / clock).read_text()}"
        )
        assert Path(f"{fake}.calls").read_text().splitlines() == [
            "--user daemon-reload",
            f"--user enable --now {clock}",
        ]
        assert run("schedule", "--remove", "--yes").code == 0
        assert list(units.iterdir()) == []
        assert Path(f"{fake}.calls").read_text().splitlines()[2:] == [
            f"--user disable --now {clock}",
            "--user daemon-reload",
        ]

    def test_without_systemctl_the_units_are_written_and_it_says_so(self, run, tmp_path):
        said = run("schedule", "--systemd", "--install", "--yes")
        assert said.code == 0
        assert "there is no `systemctl` to start the timer with" in said.err
        assert len(list((tmp_path / "me" / ".config" / "systemd" / "user").iterdir())) == 2

    @pytest.mark.parametrize(
        ("programs", "arguments", "says"),
        [
            ({}, ["--cron"], "There is no program `crontab` on this machine."),
            ({}, [], "There is neither `crontab` nor `systemctl` on this machine."),
            ({"crontab": REFUSES}, [], "The crontab cannot be read: You (tester) are not allowed to use this program"),
            ({"crontab": TAKES_NOTHING}, [], 'The crontab was not taken: "-":0: bad minute'),
            ({"crontab": "#!/bin/sh\nexit 7\n"}, [], "it ended with exit code 7 and said nothing"),
            ({"systemctl": NO_BUS}, [], "The timer was not started: Failed to connect to bus: No medium found."),
        ],
    )
    def test_what_fails_says_why_and_what_to_do(self, run, bin_, programs, arguments, says):
        for name, text in programs.items():
            program(bin_, name, text)
        said = run("schedule", *arguments, "--install", "--yes")
        assert said.code == ExitCode.CANNOT_WRITE
        assert says in said.err
        assert said.err.splitlines()[1].startswith("  ")

    def test_a_folder_for_units_that_cannot_be_made_is_named(self, run, tmp_path):
        (tmp_path / "me").write_text("a file")
        said = run("schedule", "--systemd", "--install", "--yes")
        assert said.code == ExitCode.CANNOT_WRITE
        assert str(tmp_path / "me") in said.err

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--install", "--remove"], "do not go together"),
            (["--yes"], "--yes goes with --install or --remove alone"),
            (["--install", "--cron", "--systemd"], "it would run twice"),
            (["--install", "--format", "json"], "show and change nothing"),
            (["--remove", "--at", "06:30"], "takes it away whenever it runs"),
            (["--every", "7h"], "Write 1h, 2h, 3h"),
            (["--at", "25:00"], "Write it as 06:30"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, run, arguments, says):
        said = run("schedule", *arguments)
        assert (said.code, said.out) == (ExitCode.USAGE, "")
        assert says in said.err

    def test_a_home_that_does_not_exist_is_not_scheduled(self, run, tmp_path):
        said = run("schedule", home=tmp_path / "mistyped")
        assert (said.code, said.out) == (ExitCode.NO_DATA, "")
        assert f"There is no home at {tmp_path / 'mistyped'}." in said.err


@pytest.mark.long
def test_what_cron_will_not_see_is_said(run, tmp_path):
    """No secret is written down; a variable that also stands in .env is seen."""
    bare = run("schedule", "--cron")
    assert "No source is connected" in bare.err
    secret, account = "canary-77a1-token", "1001"
    given = {"META_ACCESS_TOKEN": secret, "META_AD_ACCOUNT_ID": account}
    said = run("schedule", **given)
    assert "Set in this shell alone" in said.err
    assert "META_ACCESS_TOKEN, META_AD_ACCOUNT_ID. Put them into" in said.err
    assert secret not in said.out + said.err
    assert json.loads(run("schedule", "--format", "json", **given).out)["warnings"] == [said.err.rstrip("\n")]
    env = tmp_path / "my 100% shop" / ".env"
    env.write_text(f"META_ACCESS_TOKEN={secret}\nMETA_AD_ACCOUNT_ID={account}\n")
    env.chmod(0o600)
    assert run("schedule", **given).err == ""


@pytest.mark.long
def test_each_format_says_the_same(run, tmp_path):
    told = json.loads(run("schedule", "--format", "json").out)
    assert (told["schema_version"], told["home"]) == (1, str(tmp_path / "my 100% shop"))
    table = run("schedule").out
    assert table == "\n".join(f"# {part['place']}\n{part['text']}" for part in told["parts"])
    rows = run("schedule", "--format", "csv").out
    assert rows.count("\n") == 1 + sum(part["text"].count("\n") for part in told["parts"])
    marked = run("schedule", "--format", "markdown").out
    for part in told["parts"]:
        assert f"```\n{part['text'].rstrip()}\n```\n" in marked
    run("schedule", "-o", str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == table


def test_no_line_is_wrapped_at_a_terminal():
    """A line that was copied from a narrow terminal is whole."""
    found = made(commands=("/opt/growthos/bin/growthos --home /srv/shop -q sync " + "x" * 300,))
    console = Console(file=StringIO(), width=40, force_terminal=True, color_system=None)
    drawn = screen.draw(schedule_page.page(found.parts), console)
    assert schedule.crontab(found)[-1] in drawn.splitlines()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_itself_finds_nothing_wrong(tmp_path):
    home = Home(tmp_path / "my 100% $HOME \\ shop")
    commands = schedule.commands([sys.executable, "-P", "-m", "growthos"], home.root, {"PYTHONPATH": SOURCE}, demo=True)
    for times in ((time(4, 17),), (time(22, 30), time(10, 30)), tuple(time(hour, 5) for hour in range(24))):
        found = made(home, commands, times=times, units=tmp_path, kinds=("systemd",))
        for part in found.parts:
            Path(part.place).write_text(part.text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", *(part.place for part in found.parts)],
            env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        calendar = next(line for line in found.parts[1].text.splitlines() if line.startswith("OnCalendar="))
        said = subprocess.run(
            ["systemd-analyze", "calendar", "--iterations=3", "--base-time=2026-03-30", calendar.partition("=")[2]],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert re.findall(r"2026-\d\d-\d\d (\d\d:\d\d):00", said)[0] == f"{min(times):%H:%M}"


def cron_runs(line: str) -> subprocess.CompletedProcess[str]:
    """What cron does with a line: the shell, hardly an environment, no terminal, another folder, nothing to read."""
    return subprocess.run(
        ["/bin/sh", "-c", f"exec <&-; {by_cron(line, also_backslashes=False)}"],
        env={"PATH": "/usr/bin:/bin", "LANG": "C", "SHELL": "/bin/sh", "LOGNAME": "tester"},
        cwd="/",
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


class TestUnderCron:
    @pytest.mark.long
    def test_on_the_demo_the_printed_line_mails_the_alerts_once(self, run, demo_home, tmp_path):
        """Its last week is a bad one. The sync says nothing, and the second run nothing at all."""
        home = tmp_path / "my 100% shop"
        shutil.copytree(demo_home().root, home / "demo")
        said = run("--demo", "schedule", "--cron")
        assert said.err == ""
        line = said.out.splitlines()[-1]
        first, second = cron_runs(line), cron_runs(line)
        assert (first.returncode, first.stderr) == (0, "")
        assert first.stdout.startswith("demo: 3 critical, 4 warnings (2026-03-29)\n2026-03-23 to 2026-03-29")
        assert "critical: Net revenue drop, since 2026-03-28" in first.stdout
        assert "\x1b" not in first.stdout
        assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
        kept = [path for path in (home / "demo" / "runs").iterdir() if path.name != "latest.json"]
        assert len(kept) == len(list(demo_home().runs.iterdir())) - 1 + 2

    @pytest.mark.long
    def test_over_the_wire_it_is_silent_until_a_source_fails_and_then_says_which(self, run, tmp_path):
        """No alert fires for days on which nothing was sold; an expired token is one mail, with what to do."""
        home = tmp_path / "my 100% shop"
        with served(small_shop(), SystemClock()) as apis:
            given = {**demo.settings()["meta"], **apis.addresses["meta"]}
            ga4 = {**demo.settings()["ga4"], **apis.addresses["ga4"]}
            lines = [
                f"{one.env}={values[one.name]}\n"
                for source, values in (("meta", given), ("ga4", ga4))
                for one in find()[source].settings
                if one.name in values
            ]
            (home / ".env").write_text("".join(lines))
            (home / "growthos.toml").write_text("[sync]\nhistory = 5\n")
            for name in (".env", "growthos.toml"):
                (home / name).chmod(0o600)
            line = run("schedule", "--cron").out.splitlines()[-1]
            for _ in range(2):
                done = cron_runs(line)
                assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
            apis.script = faults.each({"ga4": faults.always(faults.revoked)})
            shutil.rmtree(home / "raw" / "ga4")
            done = cron_runs(line)
        assert (done.returncode, done.stdout) == (0, ""), "the alerts come last, and there are none"
        head, blank, what, to_do = done.stderr.splitlines()[:4]
        assert head.startswith("Synced ga4, meta: ")
        assert "ga4 failed" in head
        assert blank == ""
        assert "ga4 does not accept the credentials" in what
        assert to_do.startswith("  ")

"""Silences, and alerts that are told once, at the command line; and alerts.json, where both are kept."""

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hand_made import publish
from test_cli import FAILED, Run, Said, latest

from growthos import alert_book, cli, render, silences
from growthos.alert_book import Book, Silence
from growthos.alerts import RULES
from growthos.errors import DamagedDataError, ExitCode, UsageError
from growthos.home import Home

NOW = datetime(2026, 3, 30, 4, 9, tzinfo=UTC)
PAID = ("meta", "google", "paid_other")
WHY = ("--reason", "a new campaign learns")


@pytest.fixture
def run(capsys, monkeypatch) -> Run:
    """Runs a command in this process, in a home."""
    monkeypatch.delenv("DEMO_MODE", raising=False)

    def ran(*arguments: str, home: Home | Path) -> Said:
        code = cli.run(["--home", str(home.root if isinstance(home, Home) else home), *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err)

    return ran


@pytest.fixture
def home(tmp_path) -> Home:
    """A home of its own, of which the last week went badly."""
    return publish(tmp_path / "shop")


def silence(matcher: str = "roas_below_one", **more: Any) -> Silence:
    given = {"created_at": NOW, "until": NOW + timedelta(days=3), "author": "ann", "reason": "a sale"}
    return Silence(id="1a2b3c4d", matcher=matcher, **given | more)


@pytest.mark.parametrize(
    ("matcher", "fingerprint", "matches"),
    [
        ("roas_below_one", "roas_below_one:all", True),
        ("roas_below_one", "roas_below_one:meta", True),
        ("roas_below_one", "roas_below_one_and_a_half:meta", False),
        ("roas_below_one:meta", "roas_below_one:meta", True),
        ("roas_below_one:meta", "roas_below_one:all", False),
        ("roas_below_one:meta", "roas_below_one:meta_two", False),
        ("*:google", "cac_increase:google", True),
        ("*:google", "cac_increase:all", False),
        ("*drop", "ctr_drop:meta", True),
        ("*drop", "cac_increase:meta", False),
        ("ctr_drop:*", "ctr_drop:all", True),
        ("*", "revenue_drop:all", True),
        ("c*_drop:me*", "ctr_drop:meta", True),
    ],
)
def test_which_alerts_a_silence_means(matcher, fingerprint, matches):
    assert silence(matcher).matches(fingerprint) is matches


def test_until_is_the_first_instant_that_is_told_of_again():
    found = silence(until=NOW)
    assert found.silences("roas_below_one:all", NOW - timedelta(microseconds=1))
    assert not found.silences("roas_below_one:all", NOW)


def begun(matcher: str = "ctr_drop", until: str = "3d", reason: str = "a sale", zone: str = "UTC") -> Silence:
    return silences.begun(matcher, until, reason, "ann", RULES, PAID, zone, NOW)


@pytest.mark.parametrize(
    ("given", "zone", "until"),
    [
        ("3d", "UTC", "2026-04-02T04:09:00+00:00"),
        ("12h", "UTC", "2026-03-30T16:09:00+00:00"),
        # A day is held to its end, by the reporting zone: there it is 31 March, 00:00, at these instants.
        ("2026-03-30", "UTC", "2026-03-31T00:00:00+00:00"),
        ("2026-03-30", "America/New_York", "2026-03-31T04:00:00+00:00"),
        ("2026-03-30", "Asia/Tokyo", "2026-03-30T15:00:00+00:00"),
    ],
)
def test_until_when_a_silence_holds(given, zone, until):
    assert begun(until=given, zone=zone).until.isoformat() == until


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"until": "2026-03-29"}, "is over already"),
        ({"until": "yesterday"}, "is over already"),
        ({"until": "soon"}, "is no date"),
        ({"until": "0d"}, "is no day"),
        ({"reason": " "}, "says nothing"),
        ({"matcher": "crt_drop"}, "There is no alert 'crt_drop'"),
        ({"matcher": "crt*"}, "There is no alert 'crt*'"),
        ({"matcher": "ctr_drop:mtea"}, "The alert 'ctr_drop' has no scope 'mtea'"),
        ({"matcher": "ctr_drop:email"}, "has no scope 'email'"),
        ({"matcher": "revenue_drop:meta"}, "has no scope 'meta'"),
        ({"matcher": "ctr_drop:*x"}, "has no scope '*x'"),
        ({"matcher": "ctr drop"}, "names no alert"),
        ({"matcher": "ctr_drop:meta:x"}, "names no alert"),
        ({"matcher": ""}, "names no alert"),
    ],
)
def test_what_is_no_silence_is_refused(given, says):
    with pytest.raises(UsageError) as told:
        begun(**given)
    assert says in told.value.message
    assert told.value.hint


def test_a_near_match_is_named():
    with pytest.raises(UsageError) as told:
        begun("roas_belw_one:meta")
    assert told.value.hint == "Did you mean roas_below_one?"
    with pytest.raises(UsageError) as told:
        begun("roas_below_one:mtea")
    assert told.value.hint == "Did you mean meta?"


@pytest.mark.parametrize("matcher", ["*:google", "*:all", "c*:me*", "revenue_drop:*", "roas_below_one:paid_other"])
def test_every_scope_that_an_alert_can_have_is_taken(matcher):
    assert begun(matcher).matcher == matcher


def test_where_nothing_was_published_no_scope_is_known():
    found = silences.begun("ctr_drop:mtea", "3d", "a sale", "ann", RULES, None, "UTC", NOW)
    assert found.matcher == "ctr_drop:mtea"


# -- At the command line -----------------------------------------------------------------------------------------------


def test_what_is_silenced_is_shown_and_does_not_count(run: Run, home: Home):
    """Revenue halved in the week; on Meta 400.00 a day bring back 300.00, from the first of 64 days on: 25 January."""
    before = run("alerts", "--format", "json", home=home).json["alerts"]
    critical = {f"{one['id']}:{one['scope']}" for one in before if one["severity"] == "critical"}
    assert critical == {"revenue_drop:all", "roas_below_one:meta"}
    assert run("alerts", "--fail-on", "critical", home=home).code == ExitCode.ALERTS
    said = run("alerts", "silence", "revenue_drop", "--until", "3d", *WHY, "--author", "ann", home=home)
    assert (said.code, said.out) == (0, "")
    assert "of what fires now 1 is held back" in said.err
    assert run("-q", "alerts", "silence", "roas*:meta", "--until", "1h", *WHY, home=home).err == ""
    after = run("alerts", "--fail-on", "critical", home=home)
    ids = [one["id"] for one in run("alerts", "silences", "--format", "json", home=home).json["silences"]]
    assert after.code == 0
    assert f"critical: ROAS below one, since 2026-01-25, silenced by {ids[0]} " in after.out
    assert f"silenced by {ids[1]} " in after.out
    assert f"Of the {len(before)} that fire nobody is told of 2." in after.out
    every = run("alerts", "--all", home=home).out
    states = re.findall(r"\n(\w+) +(?:all channels|Meta Ads) +(fires(?:, silenced)?) ", every)
    assert {name for name, state in states if state != "fires"} == {"revenue_drop", "roas_below_one"}
    assert ("conversion_rate_drop", "fires") in states
    told = run("alerts", "--format", "json", home=home).json["alerts"]
    assert [one["silenced_by"] for one in told if one["severity"] == "critical"] == [ids[1], ids[0]]
    assert (
        "of what fires now nothing is held back"
        in run("alerts", "silence", "roas_below_one:paid_other", "--until", "1h", *WHY, home=home).err
    )


def test_a_command_that_fails_has_silenced_nothing(run: Run, home: Home):
    """What fires now cannot be counted, so it is not asked again whether the silence holds: there is none."""
    home.database.write_bytes(b"no database")
    assert run("alerts", "silence", "ctr_drop", "--until", "3d", *WHY, home=home).code == ExitCode.DAMAGED
    assert alert_book.read(home).silences == ()


def test_silences_are_listed_until_they_are_ended(run: Run, home: Home):
    assert "Nothing is silenced" in run("alerts", "silences", home=home).out
    run("alerts", "silence", "roas_below_one", "--until", "2d", *WHY, "--author", "ann", home=home)
    [found] = run("alerts", "silences", "--format", "json", home=home).json["silences"]
    assert (found["matcher"], found["author"], found["reason"]) == ("roas_below_one", "ann", WHY[1])
    assert (found["active"], found["matches"]) == (True, ["roas_below_one:meta"])
    assert "No silence that holds has" in run("alerts", "unsilence", "xyz", home=home).err
    assert run("alerts", "unsilence", found["id"][:5], home=home).code == 0
    assert "Nothing is silenced" in run("alerts", "silences", home=home).out
    [over] = run("alerts", "silences", "--all", "--format", "json", home=home).json["silences"]
    assert (over["id"], over["active"]) == (found["id"], False)
    assert "(over)" in run("alerts", "silences", "--all", home=home).out
    assert run("alerts", "unsilence", found["id"], home=home).code == ExitCode.USAGE


def test_words_of_people_are_shown_as_they_are(run: Run, home: Home):
    run("alerts", "silence", "*", "--until", "2d", "--reason", "[bold]=SUM(A1)\x1b[2J", "--author", "=a", home=home)
    assert "[bold]=SUM(A1)\N{REPLACEMENT CHARACTER}[2J" in run("alerts", "silences", home=home).out
    assert ",'=a," in run("alerts", "silences", "--format", "csv", home=home).out


def test_the_user_of_the_machine_is_the_author(run: Run, home: Home, monkeypatch):
    monkeypatch.setenv("LOGNAME", "bea")
    run("alerts", "silence", "ctr_drop", "--until", "2d", *WHY, home=home)
    assert alert_book.read(home).silences[0].author == "bea"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["silence", "ctr_drop", "--until", "3d"], "--reason"),
        (["silence", "ctr_drop", *WHY], "--until"),
        (["silence", "ctr_drop:mtea", "--until", "3d", *WHY], "Did you mean meta?"),
        (["--all", "silences"], "--all stands before `silences`"),
        (["notify", "--until", "7d"], "is no day"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Run, home: Home, arguments, says):
    said = run("alerts", *arguments, home=home)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert says in said.err


@pytest.mark.parametrize(
    "arguments", [["silence", "ctr_drop", "--until", "3d", *WHY], ["silences"], ["unsilence", "1"], ["notify"]]
)
def test_a_mistyped_home_is_not_made(run: Run, tmp_path, arguments):
    assert run("alerts", *arguments, home=tmp_path / "new").code == ExitCode.NO_DATA
    assert not (tmp_path / "new").exists()


def test_it_is_told_once(run: Run, home: Home):
    """Then nothing is printed, and without -q it is said that there is nothing."""
    first = run("alerts", "notify", home=home)
    assert first.code == 0
    assert first.out.startswith("shop: 2 critical, ")
    assert "critical: Net revenue drop, since " in first.out
    again = run("alerts", "notify", home=home)
    assert (again.code, again.out) == (0, "")
    assert "nothing to tell" in again.err
    quiet = run("-q", "alerts", "notify", home=home)
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert home.alerts.stat().st_mode & 0o777 == 0o600


def test_of_days_that_are_not_complete_nobody_is_told(run: Run, home: Home):
    """Nothing was sold and spent on them yet, so that all would seem to have ended."""
    run("-q", "alerts", "notify", home=home)
    before = home.alerts.read_bytes()
    for options in ([], ["--dry-run"]):
        said = run("-q", "alerts", "notify", "--until", "2026-04-20", *options, home=home)
        assert (said.code, said.out) == (ExitCode.NO_DATA, "")
        assert "Nobody is told of 2026-04-20: not every source is complete after 2026-03-29." in said.err
    assert home.alerts.read_bytes() == before


def test_two_at_once_tell_once(home: Home, capsys):
    """The second one waits until the first has told, and finds nothing due."""
    words = ["--home", str(home.root), "-q", "alerts", "notify"]
    both = [threading.Thread(target=cli.run, args=(words,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    said = capsys.readouterr()
    assert said.out.count("shop: 2 critical") == 1
    assert said.err == ""


def test_what_could_not_be_printed_is_told_again(run: Run, home: Home, monkeypatch):
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(render, "message", full)
        assert run("alerts", "notify", home=home).code == ExitCode.CANNOT_WRITE
    assert run("alerts", "notify", home=home).out.startswith("shop: 2 critical, ")


def test_while_a_build_is_not_published_nothing_is_told_and_alerts_says_so(run: Run, home: Home):
    latest(home, FAILED, published=False)
    assert run("-q", "alerts", "notify", home=home).__dict__ == {"code": 0, "out": "", "err": ""}
    said = run("alerts", "--fail-on", "info", home=home)
    assert said.code == 0
    assert "All alerts are inhibited while unique_grain fails" in " ".join(said.out.split())
    assert "inhibited by unique_grain" in said.out


# -- The file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"schema_version": 1, "told": 3}', b'{"schema_version": 1, "silnces": []}', b"\xff"]
)
def test_a_damaged_file_says_what_is_lost_and_how_to_go_on(run: Run, home: Home, content):
    home.alerts.write_bytes(content)
    for command in (["alerts"], ["alerts", "notify"], ["alerts", "silences"]):
        said = run(*command, home=home)
        assert (said.code, said.out) == (ExitCode.DAMAGED, "")
        assert f"{home.alerts} cannot be read" in said.err
        assert "silences are lost" in " ".join(said.err.split())
    assert home.alerts.read_bytes() == content
    assert alert_book.told(home) == {}, "no build is kept back"


def test_a_file_of_a_newer_growthos_is_not_touched(run: Run, home: Home):
    home.alerts.write_text('{"schema_version": 3, "told": {}, "mutes": []}')
    said = run("alerts", "notify", home=home)
    assert said.code == ExitCode.SETTINGS
    assert "written by a newer growthos" in said.err


def test_what_is_written_is_read_again_and_what_is_long_over_is_let_go(tmp_path):
    home = Home(tmp_path)
    old = silence(until=NOW - alert_book.KEPT)
    kept = silence(until=NOW - alert_book.KEPT + timedelta(seconds=1))
    with alert_book.held(home) as pen:
        pen.write(Book(silences=(old, kept)), NOW)
    assert alert_book.read(home) == Book(silences=(kept,))
    assert json.loads(home.alerts.read_text())["schema_version"] == 2


def test_a_file_of_the_first_version_is_read_and_becomes_one_of_this(tmp_path):
    home = Home(tmp_path)
    told = {"state": "firing", "active_since": "2026-03-28", "last_seen": "2026-03-28"}
    first = {"schema_version": 1, "told": {"ctr_drop:all": {**told, "last_notified": "2026-03-29T04:09:00Z"}}}
    home.alerts.write_text(json.dumps(first))
    with alert_book.held(home) as pen:
        assert pen.book.told["ctr_drop:all"].severity is None
        pen.write(pen.book, NOW)
    assert json.loads(home.alerts.read_text())["schema_version"] == 2
    assert alert_book.read(home).told == pen.book.told


def test_a_matcher_that_could_mean_anything_is_not_read(tmp_path):
    home = Home(tmp_path)
    book = json.loads(Book(silences=(silence(),)).model_dump_json())
    book["silences"][0]["matcher"] = "(a+)+:x"
    home.alerts.write_text(json.dumps(book))
    with pytest.raises(DamagedDataError, match=r"silences.0.matcher"):
        alert_book.read(home)

"""Secrets: read from where only their owner can, cut out at every exit, and gone from what a crash leaves."""

import base64
import html
import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from canaries import beginnings, found, kept, wardrobe
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import FastClock, serve
from readme import every_command

from growthos import cli, pipeline
from growthos.cli import process
from growthos.errors import ExitCode
from growthos.redact import CUT, LONG, SECRETS, SHORTEST, Redactor, glimpse

TOKEN = 'shpat_9f/8e+7d="6c5b"4a39[red]%41\\2817'
PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126)
ENVIRONMENT = {"META_ACCESS_TOKEN": TOKEN, "META_AD_ACCOUNT_ID": "1001"}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
            monkeypatch.delenv(name)
    SECRETS.forget()
    yield
    SECRETS.forget()


class TestTheRedactor:
    @settings(max_examples=60, deadline=None)
    @given(
        secret=st.text(PRINTABLE, min_size=SHORTEST, max_size=80), before=st.text(max_size=5), after=st.text(max_size=5)
    )
    def test_no_secret_outlives_it_in_any_dress(self, secret, before, after):
        """Wherever it stands, and in base64 whatever it is packed with."""
        redactor = Redactor()
        redactor.learn(secret)
        around = [base64.b64encode(f"{before}{secret}{after}".encode()).decode(), json.dumps({"a": secret})]
        around += [
            quote(f"{before}{secret}"),
            quote_plus(secret),
            html.escape(secret),
            secret.encode().hex(),
            repr(secret),
        ]
        for text in around:
            left = redactor.text(f"{before} {text} {after}").encode()
            lying = {
                name
                for name, forms in wardrobe(secret).items()
                if any(len(one) >= SHORTEST and one in left for one in forms)
            }
            assert lying <= {"backwards"}
            assert redactor.body(f" {text} ".encode())[1] >= 1

    def test_markup_and_patterns_in_a_secret_are_only_characters(self):
        redactor = Redactor()
        for one in (r"(.*)+[a-z]{2}\d$", "[bold red]x[/bold]", r"\1\g<0>abc"):
            redactor.learn(one)
            assert redactor.text(f"a {one} b") == f"a {CUT} b"

    def test_one_secret_inside_another_leaves_nothing_of_the_longer(self):
        redactor = Redactor()
        redactor.learn("secret-one")
        redactor.learn("secret-one-and-more-of-it")
        assert redactor.text("x secret-one-and-more-of-it y secret-one") == f"x {CUT} y {CUT}"

    def test_what_was_cut_short_is_cut_out(self):
        """By a server that shows a part, or by a limit on how long a message may be."""
        redactor, secret = Redactor(), "EAAB" + "q1w2e3r4t5" * 6
        redactor.learn(secret)
        for part in (secret[:12], secret[:30], secret[:40] + "…"):
            assert redactor.text(f"bad token {part}, sorry") == f"bad token {CUT}, sorry"

    def test_what_is_short_is_no_secret(self):
        redactor = Redactor()
        redactor.learn("meta")
        assert redactor.text("meta sent metadata") == "meta sent metadata"

    def test_what_one_source_learns_every_exit_knows(self):
        Redactor(SECRETS).learn("granted-token-1")
        assert SECRETS.tree({"a": ["granted-token-1", 1], "granted-token-1": None}) == {"a": [CUT, 1], CUT: None}

    def test_many_threads_may_teach_it(self):
        redactor = Redactor()
        names = [f"token-of-thread-{number:04}" for number in range(200)]
        threads = [threading.Thread(target=redactor.learn, args=(name,)) for name in names]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert redactor.text(" ".join(names)).replace(CUT, "").strip() == ""

    def test_what_may_be_a_token_in_the_wrong_place_is_shown_in_part(self):
        assert glimpse("acme") == "'acme'"
        assert glimpse("x" * LONG) == f"'xxxxxxxxxxxx…' ({LONG} characters)"


BAD = {
    "the token in the account": {"META_ACCESS_TOKEN": TOKEN, "META_AD_ACCOUNT_ID": TOKEN},
    "the token in the domain": {"SHOPIFY_SHOP_DOMAIN": TOKEN, "SHOPIFY_ACCESS_TOKEN": TOKEN},
    "the token in the property": {"GA4_PROPERTY_ID": TOKEN},
    "the token in the customer": {"GOOGLE_ADS_CUSTOMER_ID": TOKEN},
    "the token in DEMO_MODE": {"DEMO_MODE": TOKEN, **ENVIRONMENT},
    "a password in an address": {"META_BASE_URL": f"https://user:{quote(TOKEN)}@proxy.example", **ENVIRONMENT},
    "a token in an address": {"META_BASE_URL": f"https://proxy.example/?key={TOKEN}", **ENVIRONMENT},
    "no account": {"META_ACCESS_TOKEN": TOKEN},
    "a line break": {"META_ACCESS_TOKEN": f"{TOKEN}\nX-Other: 1", "META_AD_ACCOUNT_ID": "1001"},
    "two ways": {"META_ACCESS_TOKEN": TOKEN, "META_ACCESS_TOKEN_FILE": "token", "META_AD_ACCOUNT_ID": "1001"},
    "a wrong zone": {"growthos.toml": f"reporting_timezone = '{TOKEN}'"},
    "a wrong rate": {"growthos.toml": f"[fx]\nEUR = '{TOKEN}'"},
    "a wrong day": {"growthos.toml": f"[calendar]\n'{TOKEN}' = 'x'"},
    "a wrong type": {"growthos.toml": f"[sync]\nhistory = '{TOKEN}'"},
    "a wrong currency": {"growthos.toml": f"currency = '{TOKEN}'"},
    "a key that is none": {"growthos.toml": f"[meta]\nacces_token = '{TOKEN}'"},
    "a list of it": {"growthos.toml": f"[meta]\naccess_token = ['{TOKEN}', 1.5]"},
    "no TOML": {"growthos.toml": f"[meta]\naccess_token = {TOKEN}"},
    "twice": {"growthos.toml": f"[meta]\naccess_token = '{TOKEN}'\naccess_token = '{TOKEN}'"},
    "open to others": {"growthos.toml 644": f"[meta]\naccess_token = '{TOKEN}'\nad_account_id = 1"},
    "no line of an .env": {".env": f"META_ACCESS_TOKEN {TOKEN}\n'{TOKEN}\nMETA_AD_ACCOUNT_ID=1\n"},
    "a variable that is none": {".env": f"META_ACESS_TOKEN={TOKEN}\nMETA_AD_ACCOUNT_ID=1\n"},
    "an open file of its own": {"META_ACCESS_TOKEN_FILE": "token", "META_AD_ACCOUNT_ID": "1", "token 644": TOKEN},
    "a file of two lines": {"META_ACCESS_TOKEN_FILE": "token", "META_AD_ACCOUNT_ID": "1", "token": f"{TOKEN}\r\nX: 1"},
}


class TestSettings:
    @pytest.mark.parametrize("wrong", BAD)
    def test_a_mistake_in_them_is_told_without_them(self, tmp_path, monkeypatch, capfd, wrong):
        """Wherever a token was put by mistake: a sync with -v, and the doctor, who says more."""
        for name, value in BAD[wrong].items():
            if name.isupper():
                monkeypatch.setenv(name, str(tmp_path / value) if name.endswith("_FILE") else value)
            else:
                path = tmp_path / name.split()[0]
                path.write_text(value)
                path.chmod(int(name.split()[1], 8) if " " in name else 0o600)
        said = []
        for command in (["sync", "-v"], ["doctor", "--offline", "--format", "json"]):
            code = cli.run(["--home", str(tmp_path), *command])
            told = capfd.readouterr()
            assert code in {ExitCode.SETTINGS, ExitCode.OK, ExitCode.NO_DATA}, told
            assert "This is a bug" not in told.err
            said += [(f"{command} {name}", text.encode()) for name, text in told._asdict().items()]
        logged = [one for one in kept(tmp_path) if not one[0].endswith((".toml", ".env", "token"))]
        assert found([TOKEN], [*said, *logged]) == []
        assert [place for place, text in said for half in beginnings(TOKEN) if half in text] == []

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
    @pytest.mark.parametrize("place", ["growthos.toml", "environment"])
    def test_a_secret_in_a_file_that_others_can_read_is_refused(self, tmp_path, monkeypatch, capfd, place, mode):
        (tmp_path / "token").write_text(TOKEN)
        (tmp_path / "token").chmod(mode)
        if place == "environment":
            monkeypatch.setenv("META_ACCESS_TOKEN_FILE", str(tmp_path / "token"))
            monkeypatch.setenv("META_AD_ACCOUNT_ID", "1001")
        else:
            (tmp_path / place).write_text('[meta]\naccess_token_file = "token"\nad_account_id = 1001\n')
        assert cli.run(["--home", str(tmp_path), "sync"]) == ExitCode.SETTINGS
        said = capfd.readouterr().err
        assert f"{tmp_path / 'token'}: holds secrets and can be read by others" in said
        assert "chmod 600" in said
        (tmp_path / "token").chmod(0o600)
        assert cli.run(["--home", str(tmp_path), "connections"]) == ExitCode.OK

    def test_a_key_file_that_others_can_read_is_refused_where_a_source_needs_it(self, tmp_path, monkeypatch, capfd):
        (tmp_path / "key.json").write_text("{}")
        (tmp_path / "key.json").chmod(0o644)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
        assert cli.run(["--home", str(tmp_path), "connections"]) == ExitCode.OK, "nobody uses it"
        monkeypatch.setenv("GA4_PROPERTY_ID", "42")
        assert cli.run(["--home", str(tmp_path), "sync"]) == ExitCode.SETTINGS
        assert "key.json: holds secrets and can be read by others" in capfd.readouterr().err
        (tmp_path / "key.json").chmod(0o400)
        assert cli.run(["--home", str(tmp_path), "connections"]) == ExitCode.OK

    def test_no_option_takes_a_secret(self):
        """What stands on the command line, everybody on the machine can read."""
        names = {name for _, one in every_command() for option in one.params for name in option.opts}
        assert len(names) > 15
        assert not [one for one in names if any(word in one for word in ("token", "secret", "password", "key"))]


class TestCrashes:
    @pytest.mark.parametrize("where", ["build", "thread"])
    def test_a_bug_shows_and_logs_no_secret(self, tmp_path, monkeypatch, capfd, where):
        """An exception that quotes a token, with -v, whose traceback stands in the log."""

        def broken(*_, **__):
            raise RuntimeError(f"cannot use {TOKEN!r} of {TOKEN} for \x1b[31m")

        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(pipeline, "is_stale" if where == "build" else "read_source", broken)
        with serve(FastClock()) as server:
            server.says((403, "{}", {}))
            monkeypatch.setenv("META_BASE_URL", server.address)
            assert cli.run(["--home", str(tmp_path), "sync", "-v"]) == ExitCode.BUG
        said = capfd.readouterr()
        assert "This is a bug in growthos: RuntimeError" in said.err
        assert f"cannot use '{CUT}' of {CUT} for �[31m" in said.err
        assert found([TOKEN], [("out", said.out.encode()), ("err", said.err.encode()), *kept(tmp_path)]) == []
        assert CUT in (tmp_path / "logs" / "growthos.log").read_text()

    def test_a_bug_without_a_home_comes_through_the_same_door(self, capfd):
        SECRETS.learn(TOKEN)
        process.tell_bug(ValueError(TOKEN), ["sync", TOKEN])
        said = capfd.readouterr().err
        assert "This is a bug in growthos: ValueError in `growthos sync [redacted]`" in said
        assert found([TOKEN], [("err", said.encode())]) == []

    def test_hooks_are_set_for_main_for_threads_and_for_what_is_thrown_away(self):
        script = (
            "import sys, threading\n"
            "from growthos.cli import process\n"
            "from growthos.redact import SECRETS\n"
            "process.prepare(); SECRETS.learn(sys.stdin.read())\n"
            "def fail(*_): raise ValueError(next(iter(SECRETS._secrets)))\n"
            "one = threading.Thread(target=fail); one.start(); one.join()\n"
            "class Thrown: __del__ = fail\n"
            "Thrown()\n"
            "fail()\n"
        )
        done = subprocess.run([sys.executable, "-c", script], input=TOKEN.encode(), capture_output=True, check=False)
        assert done.returncode == 1
        assert done.stderr.count(b"ValueError: [redacted]") == 3
        assert found([TOKEN], [("err", done.stderr)]) == []


@pytest.mark.skipif(sys.platform != "linux", reason="Linux says what may be dumped")
class TestTheProcess:
    def test_no_core_is_dumped_and_nobody_looks_in_while_there_are_secrets(self, tmp_path):
        script = (
            "import ctypes, resource, sys\n"
            "from growthos import cli\n"
            "assert cli.run(['--home', sys.argv[1], 'connections', '-q']) == 0\n"
            "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))\n"
        )
        command = [sys.executable, "-c", script, str(tmp_path)]
        said = subprocess.run(command, env={**os.environ, **ENVIRONMENT}, capture_output=True, check=True)
        assert said.stdout.split(b"\n")[-2] == b"0 0 0"
        said = subprocess.run(command, env=dict(os.environ), capture_output=True, check=True)
        assert said.stdout.split(b"\n")[-2].startswith(b"1 "), "without a secret it is a process as any other"

    def test_the_command_line_of_a_sync_holds_none(self, tmp_path):
        with serve(FastClock()) as server:
            server.script = lambda _, __: time.sleep(1)
            more = {**ENVIRONMENT, "META_BASE_URL": server.address}
            command = [sys.executable, "-m", "growthos", "--home", str(tmp_path), "-v", "sync"]
            with subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, **more}) as running:
                while not server.arrivals:
                    time.sleep(0.02)
                lines = Path(f"/proc/{running.pid}/cmdline").read_bytes()
                running.terminate()
                _, said = running.communicate(timeout=10)
        assert b"sync" in lines
        assert found([TOKEN], [("cmdline", lines), ("err", said), *kept(tmp_path)]) == []


def test_libraries_log_nothing_of_a_request(tmp_path, monkeypatch, caplog):
    """Whoever turns on all logging of the process sees no address, no header and no body of ours."""
    caplog.set_level(logging.DEBUG)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with serve(FastClock()) as server:
        server.says((403, "{}", {}))
        monkeypatch.setenv("META_BASE_URL", server.address)
        cli.run(["--home", str(tmp_path), "-v", "sync"])
    assert server.arrivals
    assert [one for one in caplog.records if one.name.split(".")[0] in {"httpx", "httpcore", "google", "urllib3"}] == []

"""Service accounts: one key file opens both of Google's sources, and a file that is none is told as what it is."""

import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fault_server import Apis, Arrival, Fault, served
from google.auth import jwt
from httpx import create_ssl_context
from small_shop import small_shop

from growthos import cli, demo
from growthos.clock import SystemClock
from growthos.connectors import find
from growthos.demo import gate, google_oauth
from growthos.errors import ExitCode
from growthos.redact import SECRETS

ADDRESS = "growthos@shop.iam.gserviceaccount.com"
SCOPES = {name: one.scopes[0] for name, one in find().items() if one.scopes}
ACCOUNT = {"ga4": "property_id", "google_ads": "customer_id"}
TRUST = create_ssl_context()


def pem(key: Any) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY = {"type": "service_account", "client_email": ADDRESS, "private_key": pem(PRIVATE), "private_key_id": "k"}
NO_KEY, CURVE = "canary-no-key", pem(ec.generate_private_key(ec.SECP256R1()))
PUBLIC = PRIVATE.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def apis() -> Iterator[Apis]:
    """The two sources behind a token address that takes what is signed with the key."""

    def script(arrival: Arrival) -> Fault | None:
        if arrival.operation != "token":
            return None
        form = dict(parse_qsl(arrival.request.content.decode()))
        try:
            claims = jwt.decode(form["assertion"], certs=PUBLIC, audience=google_oauth_address())
        except ValueError:
            return lambda turn: turn.say(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
        asked.append((form["grant_type"], claims["iss"], claims["scope"]))
        until = SystemClock().now() + timedelta(hours=1)
        granted = gate.grant(google_oauth.PREFIX, until)
        return lambda turn: turn.say(200, {"access_token": granted, "expires_in": 3600, "token_type": "Bearer"})

    with served(small_shop(), SystemClock(), script) as apis:
        yield apis


asked: list[tuple[str, str, str]] = []


def google_oauth_address() -> str:
    return f"https://{google_oauth.HOST}{google_oauth.PATH}"


@pytest.fixture
def look(tmp_path, monkeypatch, capsys, apis):
    """Looks at a source whose key file has this content; what is found, and how the command ended."""
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", lambda **_: TRUST)
    SECRETS.forget()
    asked.clear()

    def looked(source: str, content: object, *command: str) -> tuple[int, str, str]:
        path = tmp_path / "key.json"
        if content is not None:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
            path.chmod(0o600)
        prefix = source.upper()
        monkeypatch.setenv(f"{prefix}_{ACCOUNT[source].upper()}", demo.settings()[source][ACCOUNT[source]])
        monkeypatch.setenv(f"{prefix}_BASE_URL", apis.addresses[source]["base_url"])
        monkeypatch.setenv("GOOGLE_OAUTH_TOKEN_URL", apis.addresses[source]["oauth_token_url"])
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        arguments = command or ("connections", "--test", "--format", "json")
        code = cli.run(["--home", str(tmp_path / "home"), *arguments, source])
        said = capsys.readouterr()
        for line in content.get("private_key", "").splitlines() if isinstance(content, dict) else []:
            assert line.startswith("-----") or line not in said.out + said.err
        return code, said.out, said.err

    yield looked
    SECRETS.forget()


@pytest.mark.parametrize("source", ACCOUNT)
def test_one_key_opens_both_sources(look, source):
    """The assertion is what Google's library verifies: who asks, for which scope, signed with the key."""
    code, out, _ = look(source, KEY)
    assert code == ExitCode.OK, out
    assert ("credentials", "ok") in {(one["subject"], one["state"]) for one in json.loads(out)["findings"]}
    assert asked == [("urn:ietf:params:oauth:grant-type:jwt-bearer", ADDRESS, SCOPES[source])]


@pytest.mark.parametrize("source", ACCOUNT)
def test_a_key_that_google_does_not_know_is_told_with_what_to_do(look, source):
    stranger = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    code, out, _ = look(source, {**KEY, "private_key": stranger})
    assert code == ExitCode.CREDENTIALS
    [wrong] = [one for one in json.loads(out)["findings"] if one["state"] == "error"]
    assert "invalid_grant: Invalid JWT Signature." in wrong["said"]
    assert wrong["hint"].startswith("The key was deleted, the service account is disabled, or the clock")
    assert "login ga4" not in wrong["hint"]


INSTALLED = {"client_id": "i", "client_secret": "s"}
WRONG = {
    "nowhere": (None, "cannot be read: No such file or directory.", "its rights"),
    "empty": ("", "is no JSON document of Google's.", "Download the file again"),
    "no JSON": ("GOOG1EXAMPLEKEY", "is no JSON document of Google's.", "Download the file again"),
    "a list": ([KEY], "is no JSON document of Google's.", "Download the file again"),
    "nothing in it": ({}, "is no service account's key: it lacks client_email and private_key.", "Service Accounts"),
    "no key in it": ({"type": "service_account", "client_email": ADDRESS}, "it lacks private_key.", "Service Accounts"),
    "no address in it": ({**KEY, "client_email": 7}, "it lacks client_email.", "Service Accounts"),
    "an OAuth client": ({"installed": INSTALLED}, "is the OAuth client of a desktop app", "`growthos login --client`"),
    "a website's client": ({"web": INSTALLED}, "is the OAuth client of a website", "Service Accounts"),
    "a user's": ({"type": "authorized_user", **INSTALLED}, "is a user's credentials of gcloud", "Service Accounts"),
    "of another kind": ({"type": "external_account"}, "is something else, and no", "Service Accounts"),
    "a key that is none": ({**KEY, "private_key": NO_KEY}, "whose private_key is none of Google's", "Service Accounts"),
    "another kind of key": (
        {**KEY, "private_key": CURVE},
        "none of Google's",
        "",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_file_that_is_no_key_is_told_as_what_it_is(look, tmp_path, wrong):
    content, says, hint = WRONG[wrong]
    code, out, _ = look("ga4", content)
    assert code == ExitCode.CREDENTIALS
    [found] = [one for one in json.loads(out)["findings"] if one["state"] == "error"]
    assert found["subject"] == "credentials"
    assert found["said"].startswith(f"GOOGLE_APPLICATION_CREDENTIALS names {tmp_path / 'key.json'}, ")
    assert says in found["said"]
    assert hint in found["hint"]
    assert asked == []


PACKED = b64encode(json.dumps(KEY).encode()).decode()


@pytest.mark.parametrize("given", [f"\n{json.dumps(KEY)}", PACKED, KEY["private_key"]], ids=["plain", "packed", "PEM"])
@pytest.mark.parametrize("command", ["connections --test", "init --no-input", "sync"])
def test_a_key_in_the_place_of_its_path_is_shown_nowhere(tmp_path, monkeypatch, capsys, command, given):
    """As where a workflow keeps the file's contents in a variable of that name."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", given)
    monkeypatch.setenv("GA4_PROPERTY_ID", "402715588")
    assert cli.run(["--home", str(tmp_path), *command.split()]) == ExitCode.SETTINGS
    said = capsys.readouterr()
    assert "GOOGLE_APPLICATION_CREDENTIALS holds what stands in a key file, and is to be its path." in said.err
    places = [said.out + said.err, *(one.read_text() for one in tmp_path.rglob("*") if one.is_file())]
    assert not [one for one in places if KEY["private_key"][40:80] in one or given[1000:1030] in one]


def test_a_path_that_cannot_be_looked_at_is_told_by_the_source_that_has_it(tmp_path, monkeypatch, capsys):
    """As it is of a folder that is closed to us: the other sources have nothing to do with it."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "k" * 300)
    monkeypatch.setenv("GA4_PROPERTY_ID", "402715588")
    assert cli.run(["--home", str(tmp_path), "connections", "--test"]) == ExitCode.CREDENTIALS
    assert "cannot be read: File name too long." in " ".join(capsys.readouterr().out.split())


def test_a_folder_is_no_key(look, tmp_path):
    (tmp_path / "key.json").mkdir(mode=0o700)
    code, out, _ = look("google_ads", None)
    assert code == ExitCode.CREDENTIALS
    assert "cannot be read: Is a directory." in out


def test_a_sync_reports_a_file_that_is_no_key_as_the_failure_of_its_source(look):
    """Which stops alone, as where credentials are refused; here there is no other."""
    code, out, err = look("ga4", {"installed": INSTALLED}, "sync")
    words = " ".join(err.split())
    assert (code, out) == (ExitCode.CREDENTIALS, "")
    assert "ga4: failed after 0 pages, 0 records" in words
    assert "is the OAuth client of a desktop app, and no service account's key." in words
    assert re.search(r"`growthos --home \S+ login --client`", words)


def test_a_key_that_others_can_read_is_refused(look, tmp_path):
    (tmp_path / "key.json").write_text(json.dumps(KEY))
    Path(tmp_path / "key.json").chmod(0o644)
    code, _, err = look("ga4", None)
    assert code == ExitCode.SETTINGS
    assert "key.json: holds secrets and can be read by others" in err
    assert "chmod 600" in err

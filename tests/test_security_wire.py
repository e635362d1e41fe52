"""No secret leaves for another host, and none is left lying, whatever the sources answer."""

import base64
import resource
from collections.abc import Iterator
from urllib.parse import quote

import faults
import pytest
from canaries import dressed, found, kept
from fault_server import served
from loopback import Server, serve
from small_shop import START, settings_for, small_shop, sync
from virtual_time import VirtualClock

from growthos import cli, demo
from growthos.errors import ExitCode

SOURCES = tuple(demo.FACES)
VARIABLES = {
    "META_ACCESS_TOKEN": "EAADemoSystemUserToken",
    "META_AD_ACCOUNT_ID": "act_482910337465",
    "META_APP_SECRET": "demo-app-secret",
}


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    """Another host, where nobody has any business."""
    with serve(VirtualClock(START)) as server:
        server.says((200, {"ok": True}, {}))
        yield server


def echo(turn) -> None:
    """A refusal that repeats every secret of the request, in several dresses, in body, header and reason."""
    headers, form = turn.arrival.request.headers, turn.arrival.request.content.decode()
    told = [headers.get("authorization", ""), headers.get("x-shopify-access-token", ""), form]
    told += [turn.arrival.request.url.query.decode()]
    words = [one.removeprefix("Bearer ") for one in told if one]
    words += [base64.b64encode(one.encode()).decode() for one in words] + [quote(one, safe="") for one in words]
    text = " ".join(words)
    said = {"error": {"message": text, "code": 100, "error_user_msg": text, "fbtrace_id": text}, "errors": text}
    turn.say(400, said, {"x-request-id": words[0][:200]})


class TestOtherHosts:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, tmp_path, elsewhere, status):
        """Of any kind, from any source, for tokens too; nobody arrives at the other host."""
        with served(
            small_shop(), VirtualClock(START), faults.always(faults.sent_on(status, elsewhere.address))
        ) as apis:
            report = sync(tmp_path, apis)
        assert report.exit_code == ExitCode.UNAVAILABLE
        assert elsewhere.arrivals == []
        assert len(apis.arrivals) == len(SOURCES), "each is asked once"

    def test_links_to_another_host_are_not_followed(self, tmp_path, elsewhere):
        """Meta's `paging.next` names a host; the next page is asked for where the settings say."""

        def astray(said) -> None:
            for one in faults.dicts(said):
                if isinstance(one.get("next"), str):
                    one["next"] = one["next"].replace("https://graph.facebook.com", elsewhere.address)

        with served(small_shop(), VirtualClock(START), faults.always(faults.changed(astray))) as apis:
            report = sync(tmp_path, apis, sources=["meta"])
        assert report.exit_code == 0
        assert any("after" in one.request.url.params for one in apis.of("meta"))
        assert elsewhere.arrivals == []

    @pytest.mark.long
    def test_each_secret_goes_to_its_own_source_alone(self, tmp_path):
        """Shopify's token to Shopify, Meta's to Meta; Google's two sources share one."""
        with served(small_shop(), VirtualClock(START)) as apis:
            assert sync(tmp_path, apis).exit_code == 0
        given = demo.settings()
        own = {
            "shopify": {given["shopify"]["client_secret"]},
            "meta": {given["meta"]["access_token"]},
            "google_ads": {given["google_ads"]["refresh_token"], given["google_ads"]["client_secret"]},
        }
        for name, values in own.items():
            forms = [form for value in values for form in dressed(value)]
            for one in apis.arrivals:
                sent = str(one.request.headers).encode() + bytes(one.request.url.raw_path) + one.request.content
                if any(form in sent for form in forms):
                    assert one.source == name or {one.source, name} == {"google_ads", "ga4"}
        for one in apis.arrivals:
            secret = own["meta"] if one.source == "meta" else own.get(one.source, set())
            assert not any(value in str(one.request.url) for value in secret), "no secret stands in an address"


class TestNothingIsLeftLying:
    def test_a_source_that_repeats_our_secrets(self, tmp_path, monkeypatch, capfd):
        """In error bodies and headers; the command shows, logs and keeps none of them."""
        monkeypatch.setattr("sys.argv", ["growthos"])
        with served(small_shop(), VirtualClock(START), lambda one: (one.turn > 1 and echo) or None) as apis:
            for name, value in VARIABLES.items():
                monkeypatch.setenv(name, value)
            monkeypatch.setenv("META_BASE_URL", apis.addresses["meta"]["base_url"])
            code = cli.run(["--home", str(tmp_path), "-v", "sync", "--since", "2026-03-16", "--until", "2026-03-29"])
        said = capfd.readouterr()
        assert code != 0
        assert len(apis.of("meta")) >= 3
        proofs = {one.request.url.params["appsecret_proof"] for one in apis.of("meta")}
        secrets = {VARIABLES["META_ACCESS_TOKEN"], VARIABLES["META_APP_SECRET"], *proofs}
        places = [("stdout", said.out.encode()), ("stderr", said.err.encode()), *kept(tmp_path)]
        assert found(secrets, places) == []
        assert b"[redacted]" in b"".join(text for place, text in places if place.endswith(".log"))

    @pytest.mark.parametrize("source", SOURCES)
    def test_a_refused_token_that_is_repeated(self, tmp_path, source):
        """Granted tokens too, which no setting holds."""
        script = faults.each({source: lambda one: echo if one.number > 2 or one.operation == "token" else None})
        with served(small_shop(), VirtualClock(START), script) as apis:
            report = sync(tmp_path, apis, settings_for(apis, **{one: None for one in SOURCES if one != source}))
        assert report.exit_code != 0
        given = demo.settings()[source]
        secrets = apis.granted | {value for name, value in given.items() if name.endswith(("token", "secret"))}
        assert found(secrets, kept(tmp_path)) == []

    @pytest.mark.long
    def test_the_search_finds_what_is_there(self, tmp_path):
        """Or the tests above prove nothing: in each dress, in text, in Parquet and in a database."""
        import duckdb

        secret = 'a "secret"/ünder+way'
        for number, form in enumerate(sorted(dressed(secret))):
            text = form.decode()
            (tmp_path / f"{number}.log").write_text(f"x{text}x")
            with duckdb.connect(str(tmp_path / f"{number}.duckdb")) as con:
                con.execute("create table t as select $text as body", {"text": text * 3})
                con.execute(f"copy (select $text::blob as body) to '{tmp_path}/{number}.parquet'", {"text": form})
        hits = {
            place.split()[1]
            for place in (one.split(" in ")[1] for one in found([secret], kept(tmp_path)))
            if " " in place
        }
        assert hits >= {"t", "body"}
        assert len(found([secret], kept(tmp_path))) >= 3 * len(dressed(secret))

    @pytest.mark.long
    def test_what_is_kept_is_its_owners_alone(self, tmp_path):
        script = faults.storm(11, 0.3, [faults.broken(500), faults.throttled(5)])
        with served(small_shop(), VirtualClock(START), script) as apis:
            sync(tmp_path / "home", apis)
        for path in (tmp_path / "home").rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path


class TestMemory:
    def test_a_bomb_is_given_up_before_it_is_unpacked(self, tmp_path):
        """A quarter of a gigabyte of blanks from each source at once."""
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with served(small_shop(), VirtualClock(START), faults.always(faults.bomb(256))) as apis:
            report = sync(tmp_path, apis)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert report.exit_code == ExitCode.UNAVAILABLE
        assert len(apis.arrivals) == len(SOURCES), "nobody is asked for another one"
        assert grown < 150, "megabytes"
        assert not list((tmp_path / "raw").rglob("*.parquet"))

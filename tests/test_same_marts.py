"""The marts are the same however the demo is asked: in process, through a referee, over a socket, twice, anywhere."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pyarrow.parquet as pq
import pytest
from fault_server import served
from referee import only_what_was_asked

from growthos import demo, pipeline, raw, warehouse
from growthos import settings as settings_module
from growthos.clock import DemoClock
from growthos.errors import ExitCode
from growthos.home import Home

START = datetime.combine(demo.LAST_DAY + timedelta(days=1), datetime.min.time(), UTC).replace(minute=30)
MARTS = (
    "dim_date",
    "dim_channel",
    "dim_campaign",
    "dim_customer",
    "dim_product",
    "dim_ad",
    "dim_keyword",
    "fact_orders",
    "fact_order_lines",
    "fact_refunds",
    "fact_spend",
    "fact_ad_spend",
    "fact_keyword_spend",
    "fact_traffic",
)


def sync(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    around: Callable[[httpx.BaseTransport], httpx.BaseTransport] = lambda transport: transport,
    clock: DemoClock | None = None,
    asked: pipeline.Asked | None = None,
) -> pipeline.SyncReport:
    """A sync of the demo whose transport is wrapped by `around`."""
    plain = demo.transport
    with monkeypatch.context() as patch:
        patch.setattr(demo, "transport", lambda shop, now: around(plain(shop, now)))
        return pipeline.sync(
            Home(root),
            settings_module.demo(),
            clock or DemoClock(START),
            asked or pipeline.Asked(),
            pipeline.Watcher(),
            demo_seed=demo.SEED,
        )


def marts(root: Path) -> dict[str, str]:
    """A hash of the rows of each mart, in whatever order they lie."""
    con = warehouse.connect(Home(root).database)
    try:
        return {
            name: str(con.execute(f"select count(*), bit_xor(hash(columns(*)::varchar)) from {name}").fetchall())
            for name in MARTS
        }
    finally:
        con.close()


def bodies(root: Path) -> list[bytes]:
    """Every raw body, in the order of files and pages."""
    return [body for path in raw.scan(root / "raw") for body in pq.read_table(path).column("body").to_pylist()]


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        assert sync(root, patch).exit_code == 0
    return root


@pytest.mark.long
def test_answers_cut_to_what_was_asked_give_the_same_marts(plain, tmp_path, monkeypatch):
    """Nothing that a connector did not ask for is needed, and nothing that it asked for is missing.

    GraphQL answers are projected through the query's own selection, Meta rows to `fields`, Google rows to SELECT, GA4's
    to the named dimensions and metrics.
    """
    seen: list[str] = []

    class Referee(httpx.BaseTransport):
        def __init__(self, inner: httpx.BaseTransport) -> None:
            self.inner = inner

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = self.inner.handle_request(request)
            response.read()
            seen.append(request.url.host)
            return only_what_was_asked(request, response)

    assert sync(tmp_path, monkeypatch, Referee).exit_code == 0
    assert set(seen) >= {host for face in demo.FACES.values() for host in face.HOSTS[:1]}
    assert marts(tmp_path) == marts(plain)


def test_the_referee_is_strict():
    """It drops a field that was not asked for, so the test above could fail."""
    request = httpx.Request(
        "POST",
        "https://x.myshopify.com/admin/api/2026-10/graphql.json",
        json={"query": "query A { shop { id ...B } } fragment B on Shop { plan { name } }"},
    )
    answer = {"data": {"shop": {"id": "1", "email": "no", "plan": {"name": "n", "price": "no"}}}, "extensions": {}}
    cut = only_what_was_asked(request, httpx.Response(200, json=answer))
    assert cut.json()["data"] == {"shop": {"id": "1", "plan": {"name": "n"}}}


class InTheBackground(httpx.BaseTransport):
    """A Meta for which every report is too much at once: it makes each as a run, and gives that in pages."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.runs: list[dict[str, str]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "graph.facebook.com":
            return self.inner.handle_request(request)
        place, *edge = request.url.path.split("/")[2:]
        if place.isdigit():
            if not edge:
                return httpx.Response(200, json={"async_status": "Job Completed", "async_percent_completion": 100})
            url = request.url.copy_with(path=f"/v26.0/act_{demo.FACES['meta'].ACCOUNT}/insights")
            asked = self.runs[int(place)] | dict(request.url.params)
            return self.inner.handle_request(httpx.Request("GET", url.copy_with(params=asked), headers=request.headers))
        if request.method == "POST":
            self.runs.append(dict(parse_qsl(request.content.decode())))
            return httpx.Response(200, json={"report_run_id": str(len(self.runs) - 1)})
        if edge == ["insights"]:
            error = {"message": "Please reduce the amount of data you're asking for", "code": 1}
            return httpx.Response(500, json={"error": error})
        return self.inner.handle_request(request)


@pytest.mark.long
def test_reports_made_in_the_background_give_the_same_marts(plain, tmp_path, monkeypatch):
    """One run for each unit, whose pages are read as those that come at once."""
    made: list[InTheBackground] = []

    def around(inner: httpx.BaseTransport) -> httpx.BaseTransport:
        made.append(InTheBackground(inner))
        return made[-1]

    assert sync(tmp_path, monkeypatch, around).exit_code == 0
    [runs] = [one.runs for one in made if one.runs]
    assert len({(one["level"], one["time_range"]) for one in runs}) == len(runs) == 3 * 6
    assert marts(tmp_path) == marts(plain)


@pytest.mark.long
def test_served_on_a_socket_the_faces_give_the_same_marts(plain, tmp_path, monkeypatch):
    """The real transport of httpx, real sockets, and the sources' addresses replaced by their settings."""
    shop = demo.make_shop(demo.SEED)
    clock = DemoClock(START)
    with served(shop, clock) as apis:
        given = settings_module.demo()
        sources = {name: dict(values) | apis.addresses[name] for name, values in given.sources.items()}
        monkeypatch.setattr(settings_module, "demo", lambda: given.model_copy(update={"sources": sources}))
        report = pipeline.sync(
            Home(tmp_path), settings_module.demo(), clock, pipeline.Asked(), pipeline.Watcher(), demo_seed=None
        )
    assert report.exit_code == 0
    assert marts(tmp_path) == marts(plain)


@pytest.mark.long
def test_runs_whose_time_is_up_go_on_from_one_to_the_next(plain, tmp_path, monkeypatch):
    """The demo's own clock, which moves where a limit of calls makes the program wait."""
    clock, codes = DemoClock(START), list[int]()
    while not codes or (codes[-1] and len(codes) < 9):
        report = sync(tmp_path, monkeypatch, clock=clock, asked=pipeline.Asked(timeout=150))
        assert report.finished_at - report.started_at <= timedelta(seconds=150)
        assert all(one.cut_off for one in report.sources if one.errors)
        codes.append(int(report.exit_code))
    assert len(codes) > 2
    assert codes == [ExitCode.PARTIAL] * (len(codes) - 1) + [ExitCode.OK]
    assert marts(tmp_path) == marts(plain)


def test_a_second_run_asks_nothing_and_changes_no_byte(plain, monkeypatch):
    def forbidden(_: httpx.BaseTransport) -> httpx.BaseTransport:
        return httpx.MockTransport(lambda request: pytest.fail(f"asked {request.url}"))

    before = {path: path.read_bytes() for path in _kept(plain)}
    report = sync(plain, monkeypatch, forbidden)
    assert report.exit_code == 0
    assert report.built is None
    assert {path: path.read_bytes() for path in _kept(plain)} == before


@pytest.mark.long
def test_a_lost_segment_comes_back_and_no_other_unit_is_read(plain, tmp_path, monkeypatch):
    """ "Nothing new" is decided from the segments: here one file of orders, one of Meta's, one of customers."""
    root = _copied(plain, tmp_path)
    whole = marts(root)
    for stream in ("shopify/*/orders", "meta/*/campaign_insights", "shopify/*/customers"):
        [folder] = root.glob(f"raw/{stream}")
        lost = sorted(folder.glob("*.parquet"))[1 if "orders" in stream else 0]
        unit = raw.read_header(lost).unit
        kept = set(folder.glob("*.parquet")) - {lost}
        lost.unlink()
        report = sync(root, monkeypatch)
        assert sum(one.units for one in report.sources) == 1
        assert {raw.read_header(path).unit for path in set(folder.glob("*.parquet")) - kept} == {unit}
        assert marts(root) == whole


@pytest.mark.long
def test_a_lost_database_comes_back_without_a_request(plain, tmp_path, monkeypatch):
    root = _copied(plain, tmp_path)
    Home(root).database.unlink()
    report = sync(root, monkeypatch, lambda _: httpx.MockTransport(lambda _: pytest.fail("asked")))
    assert report.built is not None
    assert marts(root) == marts(plain)


@pytest.mark.long
def test_a_damaged_segment_is_set_aside_and_read_again(plain, tmp_path, monkeypatch):
    root = _copied(plain, tmp_path)
    [victim] = root.glob("raw/google_ads/*/campaigns/*.parquet")
    victim.write_bytes(b"PAR1 not any more")
    assert sync(root, monkeypatch).exit_code == 0
    assert [path.read_bytes() for path in Home(root).quarantine.iterdir()] == [b"PAR1 not any more"]
    assert marts(root) == marts(plain)


@pytest.mark.long
def test_the_demo_is_the_same_anywhere(plain, tmp_path):
    """Byte for byte, in another time zone, locale, hash seed and folder."""
    script = (
        "import sys; from datetime import *; from pathlib import Path\n"
        "from growthos import demo, pipeline, settings; from growthos.clock import DemoClock\n"
        "from growthos.home import Home\n"
        "start = datetime.combine(demo.LAST_DAY + timedelta(days=1), time(0, 30), UTC)\n"
        "pipeline.sync(Home(Path(sys.argv[1])), settings.demo(), DemoClock(start), pipeline.Asked(),"
        " pipeline.Watcher(), demo_seed=42)\n"
    )
    environ = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=environ, check=True, timeout=120)
    assert bodies(tmp_path) == bodies(plain)
    assert marts(tmp_path) == marts(plain)


def test_every_call_is_logged_and_no_secret_with_it(plain):
    lines = (Home(plain).logs / "growthos.log").read_text().splitlines()
    calls = [json.loads(line) for line in lines if '"event": "call"' in line]
    assert {call["source"] for call in calls} == set(demo.settings())
    named = {"source", "endpoint", "operation", "status", "seconds", "records", "attempt"}
    assert all(named <= call.keys() for call in calls)
    assert sum(call["records"] for call in calls if call["operation"] == "GrowthOrders") > 5000
    text = "\n".join(lines)
    for source, values in demo.settings().items():
        for name, value in values.items():
            if any(word in name for word in ("token", "secret")):
                assert value not in text, (source, name)


def _kept(root: Path) -> list[Path]:
    return sorted([*(root / "raw").rglob("*.parquet"), Home(root).database])


def _copied(plain: Path, target: Path) -> Path:
    import shutil

    root = target / "home"
    shutil.copytree(plain, root)
    return root

"""The parts of the benchmark that are growthos itself, and the server that it reads from, each in a process of its own.

python benchmark_tasks.py serve HOME       the pages of a big shop on loopback; prints the address
python benchmark_tasks.py read ADDRESS HOME INTO      reads Shopify from there into a raw folder
python benchmark_tasks.py day HOME COUNT   the whole of a daily sync that brings so many new orders; prints the
                                           processor and wall seconds that it took, without the making of the day
"""

import json
import re
import sys
import time
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
from big_shop import Desk, Truth, next_day
from big_shop_records import Timeline, at_scale

from growthos import demo, pipeline, settings
from growthos.clock import DemoClock
from growthos.connectors import find
from growthos.connectors.api import Api
from growthos.connectors.shopify import Shopify
from growthos.home import Home
from growthos.state import State
from growthos.sync import Run, read_source

ASKED = re.compile(r"POST \S+ (\w+) (\{.*\})")
CURSOR = re.compile(rb'"endCursor":"([^"]*)"')
LISTS = {"GrowthOrders", "GrowthCustomers"}
NEVER = timedelta(days=10_000)


class Pages:
    """The pages of a home's raw folder by what was asked, refunds one by one."""

    def __init__(self, home: Path) -> None:
        self.truth = Truth.of(home)
        self.lists: dict[tuple[str, str | None, str | None], bytes] = {}
        self.after: dict[tuple[str, str | None], bytes] = {}
        self.reached: dict[str, str] = {}
        self.refunds: dict[str, str] = {}
        self.plan: list[str] = []
        self.answered = 0
        for path in sorted(home.glob("raw/shopify/*/*/*.parquet")):
            for page in pq.read_table(path, columns=["request", "body"]).to_pylist():
                operation, text = ASKED.fullmatch(page["request"]).groups()
                asked = json.loads(text)
                if operation in LISTS:
                    self.lists[operation, asked["query"], asked["after"]] = page["body"]
                    self.after[operation, asked["after"]] = page["body"]
                    if operation == "GrowthOrders" and asked["after"] is None:
                        self.plan.append(asked["query"])
                elif operation == "GrowthRefunds":
                    nodes = json.loads(page["body"])["data"]["nodes"]
                    self.refunds |= {one["id"]: json.dumps(one, separators=(",", ":")) for one in nodes}
        timeline = Timeline(demo.make_shop(self.truth.seed), self.truth.orders, self.truth.days)
        self.shop = at_scale(timeline, self.truth.by_day)

    def answer(self, request: httpx.Request) -> bytes:
        """What a page is kept for, as it was; the rest is the face's."""
        asked = json.loads(request.content) if request.url.path.endswith(("graphql.json", "/")) else {}
        variables, operation = asked.get("variables", {}), asked.get("operationName")
        if operation in LISTS:
            return self._listed(operation, variables["query"], variables["after"])
        if operation == "GrowthRefunds":
            return f'{{"data":{{"nodes":[{",".join(self.refunds[one] for one in variables["ids"])}]}}}}'.encode()
        if request.url.path == "/plan":
            return json.dumps(self.plan).encode()
        self.answered += 1  # with each a minute goes by, so that no run finds the points spent by those before it
        now = self.truth.now + timedelta(minutes=self.answered)
        return demo.FACES["shopify"].answer(self.shop, request, lambda: now).content

    def _listed(self, operation: str, query: str | None, after: str | None) -> bytes:
        """A page of a list; one that is begun anew further on goes on where the last page ended."""
        body = self.lists.get((operation, query, after)) or self.after[operation, after or self.reached[operation]]
        self.reached[operation] = CURSOR.search(body)[1].decode()
        return body


def serve(home: str) -> None:
    """Until it is ended."""
    pages = Pages(Path(home))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            body = pages.answer(httpx.Request("POST", f"http://x{self.path}", headers=dict(self.headers), content=sent))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - the standard library's names

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(pages.truth.now, usegmt=True)

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)  # noqa: T201
    server.serve_forever()


def read(address: str, home: str, into: str) -> None:
    """What a sync does of Shopify before anything is built; waits cost no time."""
    truth = Truth.of(Path(home))
    clock = DemoClock(truth.now)
    connector = find()["shopify"]({**settings.demo().sources["shopify"], "base_url": address})
    run = Run(
        root=Path(into) / "raw",
        state=State(()),
        clock=clock,
        now=truth.now,
        number=1,
        run_id="1" * 16,
        client_zone="UTC",
        since=None,
        until=None,
        history=truth.days,
        on_page=lambda *_: None,
    )
    with Api(connector, clock=clock) as api:
        report = read_source(connector, api, run)
    if report.errors:
        raise report.errors[0]
    print(report.records)  # noqa: T201


def day(home: str, count: str) -> None:
    """One day later: read, build, check, publish.

    Without the weekly list of ids, for it would name the orders of that day alone.
    """
    truth, shop = next_day(Path(home), int(count))
    counts = Desk(None, truth).order_counts
    plain = Shopify.streams
    own: dict[str, dict[str, Any]] = {"order_counts": {"read": counts}, "order_ids": {"every": NEVER}}
    Shopify.streams = classmethod(
        lambda _: tuple(replace(one, **own.get(one.name, {})) for one in plain())
    )  # fmt: skip
    demo.make_shop = lambda _=demo.SEED: shop
    given = settings.demo().model_copy(update={"sync": settings.Sync(history=truth.days)})
    began, processor = time.monotonic(), time.process_time()
    report = pipeline.sync(
        Home(Path(home)), given, DemoClock(truth.now), pipeline.Asked(), pipeline.Watcher(), demo_seed=truth.seed
    )
    if report.built is None or not report.built.published:
        raise SystemExit(f"not published: {report.as_json()}")
    truth.keep(Path(home))
    print(time.process_time() - processor, time.monotonic() - began)  # noqa: T201


if __name__ == "__main__":
    task, *words = sys.argv[1:]
    {"serve": serve, "read": read, "day": day}[task](*words)

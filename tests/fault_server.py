"""The four APIs on loopback sockets, each at an address of its own, with a script that says what goes wrong when.

Behind every address stands the demo's face of that source: real pages, real costs, real tokens. A script sees each
request before it is answered and may put a fault in the answer's place; all that arrive are noted with their time.
"""

import contextlib
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
from loopback import listening

from growthos import demo
from growthos.clock import Clock

GOOGLE = ("google_ads", "ga4")
KEPT_APART = {"content-length", "transfer-encoding", "connection"}


@dataclass(frozen=True)
class Arrival:
    """A request as a server saw it: `number` counts those to its source, `turn` those of its operation, from 1."""

    at: float
    source: str
    number: int
    operation: str
    turn: int
    request: httpx.Request


@dataclass(frozen=True)
class Hint:
    """A source said at `at` that it is not to be asked for so many `seconds`."""

    source: str
    at: float
    seconds: float


@dataclass
class Turn:
    """One request and the means to answer it; a fault ends with one of these being called, or with nothing at all."""

    arrival: Arrival
    apis: "Apis"
    handler: BaseHTTPRequestHandler

    def honest(self) -> httpx.Response:
        """What the source itself says; it counts as asked only if this is called."""
        return self.apis.honest(self.arrival)

    def give(self, response: httpx.Response, *, body: bytes | None = None, length: int | None = None) -> None:
        """Send an answer, with other bytes or another length told than its own."""
        sent = response.content if body is None else body
        self.handler.send_response(response.status_code)
        for name, value in response.headers.items():
            if name.lower() not in KEPT_APART:
                self.handler.send_header(name, value)
        self.handler.send_header("Content-Length", str(len(sent) if length is None else length))
        self.handler.end_headers()
        self.handler.wfile.write(sent)
        self.handler.wfile.flush()
        if length is not None and length != len(sent):
            self.hang_up()

    def say(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """Send JSON, text or bytes."""
        content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.give(httpx.Response(status, headers=headers), body=content)

    def hang_up(self) -> None:
        """End the connection here."""
        self.handler.close_connection = True

    def reset(self) -> None:
        """End the connection without a word: the other side sees a reset."""
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.handler.connection.close()
        self.hang_up()

    def hint(self, seconds: float) -> None:
        """Note that this answer asks for a wait."""
        self.apis.hints.append(Hint(self.arrival.source, self.apis.clock.monotonic(), seconds))


Fault = Callable[[Turn], None]
Script = Callable[[Arrival], Fault | None]


def all_well(_: Arrival) -> None:
    """The script of a good day."""


@dataclass
class Apis:
    """All sources of one shop, while they are served. `addresses` are settings by source.

    `date` is what their clocks say in place of `clock`.
    """

    shop: Any
    clock: Clock
    script: Script = all_well
    date: str | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    granted: set[str] = field(default_factory=set)
    addresses: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: dict[tuple[str, str], list[httpx.Response]] = field(default_factory=dict)

    def honest(self, arrival: Arrival) -> httpx.Response:
        """The answer of a source's face; the answers of an operation are kept in `seen`."""
        with self._lock:
            response: httpx.Response = demo.FACES[arrival.source].answer(self.shop, arrival.request, self.clock.now)
        if arrival.operation == "token" and response.status_code == 200:
            self.granted.add(response.json()["access_token"])
        self.seen.setdefault((arrival.source, arrival.operation), []).append(response)
        return response

    def of(self, source: str, *, tokens: bool = False) -> list[Arrival]:
        """What arrived at a source, requests for tokens aside."""
        return [one for one in self.arrivals if one.source == source and (tokens or one.operation != "token")]

    def arrive(self, source: str, request: httpx.Request) -> Arrival:
        """Note a request."""
        with self._lock:
            operation, before = operation_of(source, request), [one for one in self.arrivals if one.source == source]
            turn = sum(one.operation == operation for one in before) + 1
            arrival = Arrival(self.clock.monotonic(), source, len(before) + 1, operation, turn, request)
            self.arrivals.append(arrival)
        return arrival

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self.shop = replace(self.shop, memory={})


def operation_of(source: str, request: httpx.Request) -> str:
    """What a request is about, in the source's own words."""
    path = request.url.path
    if path.endswith(("/token", "/access_token")):
        return "token"
    if source == "shopify":
        return str(json.loads(request.content).get("operationName"))
    if source == "google_ads":
        asked = re.search(r" FROM (\w+)", json.loads(request.content)["query"])
        return asked[1] if asked else path
    return path.rstrip("/").rpartition("/")[2]


@contextlib.contextmanager
def served(shop: Any, clock: Clock, script: Script = all_well) -> Iterator[Apis]:
    """The four sources of a shop on free ports of this machine, until the block ends."""
    apis = Apis(shop, clock, script)
    with contextlib.ExitStack() as stack:
        for source in demo.FACES:
            base = stack.enter_context(_listening(apis, source))
            apis.addresses[source] = {"base_url": base}
            if source in GOOGLE:
                apis.addresses[source]["oauth_token_url"] = f"{base}/token"
        yield apis


@contextlib.contextmanager
def _listening(apis: Apis, source: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5
        wbufsize = 65536

        def answer(self) -> None:
            request = httpx.Request(
                self.command,
                f"http://{self.headers['host']}{self.path}",
                headers=list(self.headers.items()),
                content=self.rfile.read(int(self.headers.get("content-length", 0))),
            )
            turn = Turn(apis.arrive(source, request), apis, self)
            fault = apis.script(turn.arrival)
            with contextlib.suppress(OSError):
                if fault is None:
                    turn.give(turn.honest())
                else:
                    fault(turn)

        do_GET = do_POST = answer  # noqa: N815 - the standard library's names

        def date_time_string(self, timestamp: float | None = None) -> str:
            """A server tells the time that the tests have, or what it is told to say."""
            return apis.date or format_datetime(apis.clock.now(), usegmt=True)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with listening(Handler) as place:
        yield f"http://{place}"

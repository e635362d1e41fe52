"""A server on this machine that follows a script and notes when each request arrives."""

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from time import monotonic, sleep

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class FastClock:
    """Runs with the system's clock, and jumps ahead where the program sleeps: waits are seen, and cost no time."""

    def __init__(self) -> None:
        self.began = monotonic()
        self.skipped = 0.0

    def monotonic(self) -> float:
        return monotonic() - self.began + self.skipped

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def sleep(self, seconds: float) -> None:
        self.skipped += max(0.0, seconds)


@dataclass(frozen=True)
class Arrival:
    """A request as the server saw it."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Server:
    """`script` gives an answer to each arrival; it is told the arrival and writes through the handler."""

    address: str
    clock: object
    arrivals: list[Arrival] = field(default_factory=list)
    script: Callable[[Arrival, BaseHTTPRequestHandler], None] | None = None

    def gaps(self) -> list[float]:
        """Seconds from each arrival to the next."""
        times = [one.at for one in self.arrivals]
        return [after - before for before, after in pairwise(times)]

    def says(self, *answers: tuple[int, object, dict[str, str]]) -> None:
        """Give these answers in turn, the last one for ever: status, body (JSON, text or bytes), headers."""
        turns = iter(answers)
        last = answers[-1]

        def script(_: Arrival, handler: BaseHTTPRequestHandler) -> None:
            reply(handler, *next(turns, last))

        self.script = script


def reply(handler: BaseHTTPRequestHandler, status: int, body: object, headers: dict[str, str] | None = None) -> None:
    """A whole answer."""
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(raw)))
    handler.end_headers()
    handler.wfile.write(raw)


def trickle(head: bytes, piece: bytes) -> Callable[[Arrival, BaseHTTPRequestHandler], None]:
    """A script that begins an answer and never ends it: a piece every 50 ms trips no read timeout."""

    def script(_: Arrival, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(head)
        for _ in range(60):
            handler.wfile.write(piece)
            handler.wfile.flush()
            sleep(0.05)

    return script


@contextlib.contextmanager
def serve(clock: object) -> Iterator[Server]:
    """A server on a free port of this machine, until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5
        wbufsize = 65536

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            arrival = Arrival(
                clock.monotonic(), self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body
            )
            with lock:
                server.arrivals.append(arrival)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                server.script(arrival, self)

        do_GET = do_POST = answer  # noqa: N815 - the standard library's names

        def date_time_string(self, timestamp: float | None = None) -> str:
            """A server tells the time that the tests have."""
            return format_datetime(clock.now(), usegmt=True)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with listening(Handler) as place:
        server = Server(f"http://{place}", clock)
        yield server


@contextlib.contextmanager
def listening(handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Host and port of this machine where somebody answers until the block ends; with `context` in TLS."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is no error here."""

    http = Quiet(("127.0.0.1", 0), handler)
    if context:
        http.socket = context.wrap_socket(http.socket, server_side=True)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{http.server_address[1]}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)

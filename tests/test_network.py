"""The network at its worst, byte by byte: names nobody knows, resets, cuts, trickles, certificates, bodies without end.

The sockets are real. Where a request is tried again the clock jumps, so that patience costs no time.
"""

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import certifi
import pytest
from loopback import Arrival, FastClock, Server, listening, serve, trickle
from test_api import CANARY, OK, Ok, Told, Toy, ask, is_cut_off_at_the_deadline, toy

from growthos.connectors import find
from growthos.connectors.wire import exchange
from growthos.connectors.wire.exchange import Guards
from growthos.errors import UnavailableError

WHOLE = b'{"ok": true, "rest": "' + b"x" * 80 + b'"}'
HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(WHOLE)}\r\n\r\n".encode()
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
    b"%x\r\n%b\r\n" % (len(part), part) for part in (WHOLE[:30], WHOLE[30:31], WHOLE[31:])
)
END_OF_CHUNKS = b"0\r\n\r\n"


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
def server(clock) -> Iterator[Server]:
    with serve(clock) as one:
        yield one


def sends(server: Server, *answers: bytes, reset: bool = False) -> None:
    """These bytes in turn as they are, and then the end of the connection; at every second request a good answer."""
    turns = iter(answers)

    def script(_: Arrival, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        if len(server.arrivals) % 2 == 0:
            handler.wfile.write(HEAD + WHOLE)
            return
        handler.wfile.write(next(turns))
        handler.wfile.flush()
        if reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()

    server.script = script


def bodies(server: Server, times: int) -> list[bytes]:
    """What is taken for the answer, asked so many times."""
    with toy(server) as api:
        return [api.get("/things", {}, operation="things", envelope=Ok).body for _ in range(times)]


class TestNobodyThere:
    def test_a_name_that_nobody_knows_is_tried_five_times(self, clock):
        """Names that end in .invalid are promised to nobody."""
        told = Told()
        with pytest.raises(UnavailableError, match="5 times") as caught:
            ask(Server("https://shop.invalid", clock), told)
        assert [call.status for call in told.calls] == [None] * 5
        assert "shop.invalid" in caught.value.message
        assert sum(call.waited for call in told.calls) >= 1 + 2 + 4 + 8

    def test_a_connection_that_is_not_taken_ends_after_ten_seconds_and_is_tried_again(self, monkeypatch, clock):
        """Here a fifth of one; the queue of the listener is full, so that nobody answers at all."""
        assert exchange.CONNECT_SECONDS == 10
        monkeypatch.setattr(exchange, "CONNECT_SECONDS", 0.2)
        with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as queue:
            for _ in range(3):
                waiting = queue.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(listener.getsockname())
            began = time.monotonic()
            with pytest.raises(UnavailableError, match="5 times"):
                ask(Server(f"http://127.0.0.1:{listener.getsockname()[1]}", clock))
        assert 5 * 0.2 <= time.monotonic() - began < 5

    def test_silence_ends_after_thirty_seconds_and_is_tried_again(self, server):
        """Here a fifth of one."""
        assert Guards().read_seconds == 30

        def script(_: Arrival, handler: BaseHTTPRequestHandler) -> None:
            if len(server.arrivals) == 1:
                time.sleep(0.4)
            handler.wfile.write(HEAD + WHOLE)

        server.script = script
        with toy(server) as api:
            api._guards = Guards(read_seconds=0.2)
            assert api.get("/things", {}, operation="things", envelope=Ok).body == WHOLE
        assert len(server.arrivals) == 2


class TestCut:
    """Whatever part of an answer comes, it is asked for again, and what is taken is whole."""

    def test_a_connection_that_is_reset_after_any_number_of_bytes(self, server):
        places = range(len(HEAD + WHOLE))
        sends(server, *((HEAD + WHOLE)[:place] for place in places), reset=True)
        assert bodies(server, len(places)) == [WHOLE] * len(places)
        assert len(server.arrivals) == 2 * len(places)

    @pytest.mark.parametrize("answer", [HEAD + WHOLE, IN_CHUNKS + END_OF_CHUNKS], ids=["of a told length", "in chunks"])
    def test_an_answer_that_ends_early_at_any_of_fifty_places(self, server, answer):
        start = answer.index(b"\r\n\r\n") + 4
        places = [start + (len(answer) - start) * number // 50 for number in range(50)]
        sends(server, *(answer[:place] for place in places))
        assert bodies(server, len(places)) == [WHOLE] * len(places)
        assert len(server.arrivals) == 2 * len(places)

    def test_chunks_that_are_none(self, server):
        broken = [b"zz\r\n{}\r\n", b"5\r\n{}\r\n0\r\n\r\n", b"-1\r\n\r\n", b"ffffffffffffffffffff\r\n{}"]
        sends(server, *(IN_CHUNKS.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + one for one in broken))
        assert bodies(server, len(broken)) == [WHOLE] * len(broken)

    @pytest.mark.parametrize(
        "head",
        [
            b"SSH-2.0-OpenSSH_9.6\r\n",
            b"\x00" * 400,
            b"HTTP/1.1 banana\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA: " + b"a" * 200_000,
        ],
        ids=["another protocol", "zeros", "no status", "a header without end"],
    )
    def test_what_is_no_http(self, server, head):
        sends(server, head)
        assert ask(server).body == WHOLE

    @pytest.mark.parametrize(
        ("status", "body"), [(204, b""), (200, b""), (200, b" \n"), (200, b"null"), (200, b"[]"), (206, WHOLE[:9])]
    )
    def test_nothing_is_no_answer(self, server, status, body):
        """It is asked for again, a few times."""
        server.says((status, body, {}), (status, body, {}), OK)
        assert ask(server).said == Ok(ok=True)
        server.says((status, body, {}))
        with pytest.raises(UnavailableError, match="did not answer"):
            ask(server)
        assert len(server.arrivals) == 3 + (3 if status == 200 else 5)


class TestSlow:
    @pytest.mark.parametrize(
        "head", [b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nX-Slow: "], ids=["in the first line", "in a header"]
    )
    def test_headers_that_trickle_in_end_at_the_deadline(self, server, monkeypatch, head):
        """No header comes to its end."""
        monkeypatch.setattr(Toy, "tries", 1)
        server.script = trickle(head, b"H")
        is_cut_off_at_the_deadline(server)

    def test_a_body_without_end_is_given_up_at_sixty_four_megabytes(self, server):
        """Counted as it comes, in chunks whose number nobody told."""
        sent = []

        def script(_: Arrival, handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(200):
                handler.wfile.write(b"100000\r\n%b\r\n" % (b" " * 0x100000))
                sent.append(1)

        server.script = script
        with pytest.raises(UnavailableError, match="more than 64 MB"):
            ask(server)
        assert len(server.arrivals) == 1
        assert len(sent) < 100, "the rest is not waited for"


class TestCertificates:
    """A server that cannot prove who it is gets no token, is asked once, and nothing switches the proof off."""

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("self-signed", "self-signed"),
            ("expired", "expired"),
            ("other name", "mismatch"),
            ("unknown issuer", "issuer"),
        ],
    )
    def test_one_that_cannot_be_trusted_ends_the_source_at_once(self, tmp_path, monkeypatch, clock, kind, words):
        with speaking_tls(tmp_path, kind) as server:
            monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "authority.pem"))
            told = Told()
            with pytest.raises(UnavailableError, match="cannot be trusted") as caught:
                ask(Server(server.address, clock), told)
        assert words in caught.value.message
        assert caught.value.hint
        assert len(told.calls) == 1
        assert server.heard == []

    def test_one_that_can_is_asked(self, tmp_path, monkeypatch, clock):
        """Or the tests above prove nothing."""
        with speaking_tls(tmp_path, "good") as server:
            monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "authority.pem"))
            assert ask(Server(server.address, clock)).said == Ok(ok=True)
        assert server.heard == [f"Bearer {CANARY}"]

    def test_no_setting_switches_it_off(self, monkeypatch, clock, tmp_path):
        names = {one.name for source in find().values() for one in source.settings}
        assert not [name for name in names if any(word in name for word in ("verify", "insecure", "tls", "ssl"))]
        with speaking_tls(tmp_path, "self-signed") as server:
            for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
                monkeypatch.setenv(name, str(tmp_path / "server.pem"))
            monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
            with pytest.raises(UnavailableError, match="cannot be trusted"):
                ask(Server(server.address, clock))


class Tls:
    """A server that speaks TLS; `heard` are the credentials it was shown."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heard: list[str] = []


@contextlib.contextmanager
def speaking_tls(folder: Path, kind: str) -> Iterator[Tls]:
    """A server on this machine with a certificate of its own kind, and the file of the authority in `folder`."""
    certificates(folder, kind)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.heard.append(self.headers["authorization"])
            self.wfile.write(HEAD + WHOLE)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    with listening(Handler, context) as place:
        server = Tls(f"https://{place}")
        yield server


def certificates(folder: Path, kind: str) -> None:
    """authority.pem, server.pem and server.key: good, or wrong in one way."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = dt.datetime.now(dt.UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("authority", "server", "stranger")}
    host = "127.0.0.2" if kind == "other name" else "127.0.0.1"
    signer = {"self-signed": "server", "unknown issuer": "stranger"}.get(kind, "authority")

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    def made(name: str, by: str, *, authority: bool, days: int) -> x509.Certificate:
        public = keys[by].public_key()
        built = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(by))
            .public_key(keys[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=30))
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[name].public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        )
        if not authority:
            alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
            built = built.add_extension(alternative, critical=False)
        return built.sign(keys[by], hashes.SHA256())

    for name, certificate in {
        "authority": made("authority", "authority", authority=True, days=30),
        "server": made("server", signer, authority=False, days=-1 if kind == "expired" else 30),
    }.items():
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        keys["server"].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )

"""Google as a browser and a program meet it at a sign-in: the page that is agreed to, and the token address.

It verifies all that Google does: the client, the code, which is good for once, the verifier against the challenge, and
where the page sent the browser.
"""

import base64
import contextlib
import hashlib
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from loopback import Arrival, reply, serve

from growthos.clock import SystemClock

CLIENT_ID = "482910337465-shop.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-canary-secret-of-client"
REFRESH_TOKEN = "1//canary-refresh-token-0a1b2c3d"
ACCESS_TOKEN = "ya29.canary-access-token-4e5f6a7b"


@dataclass
class Google:
    """`refuses` is the error that its page brings; `unticked` are scopes that the user leaves out.

    `says` stands in for answers of the token address; `wants` is a redirect of which it knows.
    """

    clients: dict[str, str] = field(default_factory=lambda: {CLIENT_ID: CLIENT_SECRET})
    refresh_token: str = REFRESH_TOKEN
    refuses: str = ""
    unticked: tuple[str, ...] = ()
    says: tuple[int, Any] | None = None
    without: tuple[str, ...] = ()
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)

    def agree(self, address: str, **other: str) -> str:
        """What the browser is sent to by whoever opens `address` and agrees; `other` changes what it brings."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://accounts.google.com/o/oauth2/v2/auth"
        asked = dict(parse_qsl(parts.query))
        self.asked.append(asked)
        told = {"state": asked["state"]}
        if self.refuses:
            told["error"] = self.refuses
        else:
            told["code"] = f"4/0A-canary-{secrets.token_urlsafe(24)}"
            self.codes[told["code"]] = asked
        return f"{asked['redirect_uri']}/?{urlencode({**told, **other})}"

    def token(self, form: dict[str, str]) -> tuple[int, Any]:
        """The answer of the token address."""
        self.forms.append(form)
        if self.says:
            return self.says
        if self.clients.get(form["client_id"]) != form["client_secret"]:
            return 401, {"error": "invalid_client", "error_description": "The provided client secret is invalid."}
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or challenge != asked["code_challenge"] or asked["client_id"] != form["client_id"]:
            return 400, {"error": "invalid_grant", "error_description": "Bad Request"}
        if form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "redirect_uri_mismatch", "error_description": "Bad Request"}
        granted = [one for one in asked["scope"].split() if one not in self.unticked]
        answer = {
            "access_token": ACCESS_TOKEN,
            "expires_in": 3599,
            "refresh_token": self.refresh_token,
            "scope": " ".join(granted),
            "token_type": "Bearer",
        }
        return 200, {name: value for name, value in answer.items() if name not in self.without}


@contextlib.contextmanager
def token_address(google: Google) -> Iterator[str]:
    """The token address on this machine, until the block ends."""

    def script(arrival: Arrival, handler: BaseHTTPRequestHandler) -> None:
        reply(handler, *google.token(dict(parse_qsl(arrival.body.decode()))))

    with serve(SystemClock()) as server:
        server.script = script
        yield f"{server.address}/token"


class Browser:
    """Does something with the address that is shown, while the program waits; `seen` is what it got to see."""

    def __init__(self, does: Callable[[str], Any]) -> None:
        self.does = does
        self.addresses: list[str] = []
        self.seen: list[Any] = []
        self.failed: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def __call__(self, address: str) -> None:
        self.addresses.append(address)
        self._threads.append(threading.Thread(target=self._do, args=(address,), daemon=True))
        self._threads[-1].start()

    def _do(self, address: str) -> None:
        try:
            self.seen.append(self.does(address))
        except BaseException as error:  # noqa: BLE001 - told in the thread of the test
            self.failed.append(error)

    def closed(self) -> list[Any]:
        """What it has seen, once it is done."""
        for one in self._threads:
            one.join(5)
            assert not one.is_alive()
        assert self.failed == []
        return self.seen


def get(address: str) -> bytes:
    """What a browser gets to see at an address of this machine."""
    parts = urlsplit(address)
    head = f"GET {parts.path or '/'}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
    return send(address, head.encode())


def send(address: str, said: bytes) -> bytes:
    """Whatever is said to the host and port of an address, and all that comes back."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(said)
        heard = b""
        with contextlib.suppress(ConnectionError):
            while piece := line.recv(65536):
                heard += piece
        return heard

"""An ear on this machine for the one answer that a browser brings back from a sign-in: RFC 8252, section 7.3.

Every program and every page in a browser can reach it. So it believes nobody who does not know `state`, reads no more
of a request than its head, waits for nobody who says nothing, and ends by itself.
"""

import selectors
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Final, Self
from urllib.parse import parse_qs

from growthos.clock import Clock

HOST: Final = "127.0.0.1"
PIECE, LARGEST = 8 * 1024, 64 * 1024
"""A browser sends the cookies of every other program on this machine along, so a head may be long."""
MOST: Final = 32
"""Connections that are open at once; the one that has been silent longest makes room."""
END: Final = b"\r\n\r\n"
HEAD: Final = (
    "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n"
    "Cache-Control: no-store\r\nContent-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n{more}\r\n"
)
PAGE: Final = (
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="color-scheme" content="light dark">\n'
    '<meta name="viewport" content="width=device-width">\n<title>growthos</title>\n<h1>{title}</h1>\n<p>{text}</p>\n'
    "</html>\n"
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the browser brought: a code, or the error for which there is none."""

    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a caller gets to see, and what was learnt from it, if anything."""

    status: str
    title: str
    text: str
    told: Told | None = None

    def __bytes__(self) -> bytes:
        body = PAGE.format(title=self.title, text=self.text).encode()
        more = "Allow: GET\r\n" if self.status.startswith("405") else ""
        return HEAD.format(status=self.status, length=len(body), more=more).encode() + body


DONE = "You may close this page; the terminal says how it goes on."
NOBODY = "Nothing is here. A sign-in waits for its answer at this address."
GARBLED = _Reply("400 Bad Request", "This is no answer", NOBODY)
STRANGER = _Reply(
    "400 Bad Request",
    "This answer belongs to another sign-in",
    "It was not taken. Open the address that the terminal shows now.",
)
NOT_FOUND = _Reply("404 Not Found", "Nothing here", NOBODY)
NOT_ALLOWED = _Reply("405 Method Not Allowed", "This is no answer", NOBODY)
TOO_LARGE = _Reply("431 Request Header Fields Too Large", "This is too long", NOBODY)


class Listener:
    """A free port of this machine, until the block ends; OSError where there is none to be had.

    `strangers` counts the answers that did not know `state`.
    """

    def __init__(self, state: str) -> None:
        self._state = state.encode()
        self._server = socket.create_server((HOST, 0))
        self._server.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._server, selectors.EVENT_READ)
        self._heard: dict[socket.socket, bytearray] = {}
        self.address = f"http://{HOST}:{self._server.getsockname()[1]}"
        self.strangers = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in [*self._heard, self._server]:
            one.close()
        self._selector.close()

    def answer(self, clock: Clock, seconds: float) -> Told | None:
        """The first answer that knows `state`; None where none came within so many seconds."""
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                caller: Any = key.fileobj
                if caller is self._server:
                    self._take()
                elif caller in self._heard and (told := self._hear(caller)):  # else it has just made room
                    return told
        return None

    def _take(self) -> None:
        if len(self._heard) >= MOST:
            self._hang_up(next(iter(self._heard)))
        try:
            caller, _ = self._server.accept()
        except OSError:  # gone before it was its turn
            return
        caller.setblocking(False)
        self._heard[caller] = bytearray()
        self._selector.register(caller, selectors.EVENT_READ)

    def _hear(self, caller: socket.socket) -> Told | None:
        """Take what has come; where that is a whole head, answer it."""
        try:
            piece = caller.recv(PIECE)
        except BlockingIOError:
            return None
        except OSError:
            piece = b""
        heard = self._heard[caller]
        heard += piece
        if len(heard) > LARGEST:
            reply = TOO_LARGE
        elif END in heard:
            reply = self._judge(bytes(heard))
        elif piece:
            return None
        else:
            self._hang_up(caller)
            return None
        self._hang_up(caller, bytes(reply))
        return reply.told

    def _hang_up(self, caller: socket.socket, said: bytes = b"") -> None:
        """Close a connection after a last word, which is short enough to be sent at once or not at all."""
        try:
            caller.sendall(said)
            caller.shutdown(socket.SHUT_WR)
        except OSError:  # whoever called has gone
            pass
        del self._heard[caller]
        self._selector.unregister(caller)
        caller.close()

    def _judge(self, heard: bytes) -> _Reply:
        method, _, rest = heard.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        target, _, version = rest.partition(" ")
        if not version.startswith("HTTP/1.") or not target.startswith("/"):
            return GARBLED
        if method != "GET":
            return NOT_ALLOWED
        path, _, query = target.partition("?")
        told = parse_qs(query)
        if path != "/" or not told.keys() & {"code", "error"}:
            return NOT_FOUND
        return self._believe(told)

    def _believe(self, told: Mapping[str, list[str]]) -> _Reply:
        """An answer is one that knows `state`, and says one thing, once."""
        state = told.get("state", [""])
        if len(state) > 1 or not compare_digest(state[0].encode(), self._state):
            self.strangers += 1
            return STRANGER
        match told.get("code", []), told.get("error", []):
            case [code], []:
                return _Reply("200 OK", "Google's answer has arrived", DONE, Told(code=code))
            case [], [error]:
                return _Reply("200 OK", "Google has not let us in", DONE, Told(error=error))
        return GARBLED

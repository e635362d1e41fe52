"""An SMTP server on this machine that takes mails, or says no as a test wants it to."""

import contextlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """`answers` are given in turn to RCPT, each once: `450 later`; after them everybody is known.

    Without a `greeting` it takes the call and never speaks. With a `context` it speaks TLS when it is asked to.
    """

    port: int = 0
    greeting: str | None = "220 hello"
    answers: list[str] = field(default_factory=list)
    features: tuple[str, ...] = ()
    context: ssl.SSLContext | None = None
    conversations: int = 0
    raw: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(one, policy=policy.default) for one in self.raw]

    def answer(self, command: str) -> list[str]:
        """What it says to a command, DATA aside."""
        match command:
            case "EHLO":
                lines = ["here", *self.features]
                return [*(f"250-{one}" for one in lines[:-1]), f"250 {lines[-1]}"]
            case "RCPT":
                return [self.answers.pop(0) if self.answers else "250 known"]
            case "AUTH":
                return ["535 wrong name or password"]
            case "STARTTLS":
                return ["220 go on"]
        return ["354 go on" if command == "DATA" else "250 well"]


class Handler(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self) -> None:
        server: MailServer = self.server.told
        server.conversations += 1
        if server.greeting is None:
            server.ended.wait(5)
            return
        self.say([server.greeting])
        while line := self.rfile.readline():
            command = line.split()[0].decode().upper()
            self.say(server.answer(command))
            if command == "STARTTLS":
                self.connection = server.context.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            if command == "DATA":
                server.raw.append(b"".join(one.removeprefix(b".") for one in iter(self.rfile.readline, b".\r\n")))
                self.say(["250 taken"])

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def say(self, lines: list[str]) -> None:
        self.wfile.write("".join(f"{one}\r\n" for one in lines).encode())


class Quiet(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error here."""


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server on a free port, until the block ends."""
    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.told = made = MailServer(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.ended.set()
            server.shutdown()
            thread.join(5)

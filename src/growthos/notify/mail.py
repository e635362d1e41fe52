"""A mail over SMTP: text, and the same in HTML; no line of data ever becomes a header."""

import re
from collections.abc import Mapping
from typing import ClassVar

from growthos.clock import Clock
from growthos.connectors.address import LOOPBACK
from growthos.connectors.terms import Judgement, Setting
from growthos.errors import SettingsError
from growthos.notify.letters import Letter, shortened
from growthos.notify.targets import Target, least
from growthos.redact import glimpse

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
LAST_PORT = 65_535
SUBJECT = 150
HINT = "Mend it below [notify.email], or in the variables GROWTHOS_EMAIL_…."


class Email(Target):
    """Mail through the SMTP server of one's own provider."""

    name = "email"
    title = "E-mail"
    settings = (
        Setting("host", "GROWTHOS_EMAIL_HOST", "The SMTP server.", required=True),
        Setting("port", "GROWTHOS_EMAIL_PORT", "Its port; 587 with starttls, 465 with ssl if not set."),
        Setting(
            "security",
            "GROWTHOS_EMAIL_SECURITY",
            "starttls if not set, or ssl; none for a server on this machine only.",
        ),
        Setting("user", "GROWTHOS_EMAIL_USER", "The name to log in with, where the server wants one."),
        Setting("password", "GROWTHOS_EMAIL_PASSWORD", "Its password.", secret=True),
        Setting("from", "GROWTHOS_EMAIL_FROM", "The address that it comes from.", required=True),
        Setting("to", "GROWTHOS_EMAIL_TO", "Who gets it; several, separated by commas.", required=True),
        least("GROWTHOS_EMAIL_MIN"),
    )
    example: ClassVar[Mapping[str, str]] = {
        "host": "smtp.example.com",
        "from": "growthos@example.com",
        "to": "ann@example.com",
    }

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.host = self.values.get("host", "")
        if not HOST.fullmatch(self.host):
            raise SettingsError(f"host is {glimpse(self.host)}; write it as smtp.example.com", hint=HINT)
        self.security = self.values.get("security", "starttls").lower()
        if self.security not in PORTS:
            raise SettingsError(f"security is {glimpse(self.security)}; it is one of {', '.join(PORTS)}", hint=HINT)
        if self.security == "none" and self.host not in LOOPBACK:
            raise SettingsError(
                f"security is none, and {self.host} is not this machine; choose starttls or ssl", hint=HINT
            )
        port = self.values.get("port", str(PORTS[self.security]))
        if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= LAST_PORT):
            raise SettingsError(f"port is {glimpse(port)}; write it as {PORTS[self.security]}", hint=HINT)
        self.port = int(port)
        if ("user" in self.values) != ("password" in self.values):
            raise SettingsError("user and password go together; one of them is missing", hint=HINT)
        self.sender = _address(self.values.get("from", ""), "from")
        self.receivers = tuple(_address(one.strip(), "to") for one in self.values.get("to", "").split(","))

    @property
    def place(self) -> str:
        return self.host

    def preview(self, letter: Letter) -> str:
        head = {"From": self.sender, "To": ", ".join(self.receivers), "Subject": self.subject(letter)}
        return "\n".join([*(f"{name}: {value}" for name, value in head.items()), "", letter.text])

    @staticmethod
    def subject(letter: Letter) -> str:
        """The title, as far as a list of mails shows it."""
        return shortened(letter.title, SUBJECT)

    def deliver(self, letter: Letter, clock: Clock, seconds: float) -> tuple[Judgement, int | None]:
        from growthos.notify.smtp import deliver

        return deliver(self, letter, clock, seconds)


def _address(given: str, name: str) -> str:
    if not ADDRESS.fullmatch(given):
        raise SettingsError(f"{name} is {glimpse(given)}; write it as ann@example.com", hint=HINT)
    return given

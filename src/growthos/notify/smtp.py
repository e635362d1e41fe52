"""One conversation with an SMTP server, loaded when a mail is sent."""

import html
import secrets
import smtplib
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from socket import SHUT_RDWR
from typing import TYPE_CHECKING

import certifi

from growthos.clock import Clock
from growthos.connectors.terms import Judgement, Verdict
from growthos.connectors.verdicts import quoted
from growthos.notify.letters import Letter

if TYPE_CHECKING:
    from growthos.notify.mail import Email

TAKEN, REFUSED = 250, 500
US = "localhost"
"""The name that we give of ourselves; that of the machine is nobody's business."""


def deliver(target: "Email", letter: Letter, clock: Clock, seconds: float) -> tuple[Judgement, int | None]:
    """Hand the mail over to be delivered, and say what the server said."""
    made = written(target, letter, clock)
    try:
        missed = _talk(target, made, seconds)
    except smtplib.SMTPRecipientsRefused as error:
        return _refused(*next(iter(error.recipients.values())))
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, error.smtp_error)
    except ssl.SSLCertVerificationError as error:
        said = f"the certificate of {target.host} cannot be trusted: {quoted(error.verify_message)}"
        return Judgement(Verdict.REFUSED, said), None
    except smtplib.SMTPNotSupportedError as error:
        return Judgement(Verdict.REFUSED, f"{target.host}: {quoted(error)}"), None
    except (smtplib.SMTPException, OSError) as error:
        said = f"no whole answer from {target.host}: {quoted(error) or type(error).__name__}"
        return Judgement(Verdict.TRANSIENT, said), None
    said = "; ".join(f"not to {who}: {_refused(*why)[0].message}" for who, why in missed.items())
    return Judgement(Verdict.OK, said), TAKEN


def written(target: "Email", letter: Letter, clock: Clock) -> EmailMessage:
    """The mail. Its headers are made by the standard library, which takes no line break into one."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = target.sender, ", ".join(target.receivers)
    made["Subject"] = target.subject(letter)
    made["Date"] = format_datetime(clock.now())
    made["Message-ID"] = f"<{secrets.token_hex(16)}@{target.sender.partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.text)
    made.add_alternative("".join(_html(letter)), subtype="html")
    return made


def _talk(target: "Email", made: EmailMessage, seconds: float) -> Mapping[str, tuple[int, bytes]]:
    """Whom of several the server takes it not for, and why.

    All of it ends when its time is over, however slowly the server talks.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    server: smtplib.SMTP
    if target.security == "ssl":
        server = smtplib.SMTP_SSL(local_hostname=US, timeout=seconds, context=context)
    else:
        server = smtplib.SMTP(local_hostname=US, timeout=seconds)
    server._host = target.host  # type: ignore[attr-defined]  # noqa: SLF001 - else its certificate is nobody's
    over = threading.Timer(seconds, _hang_up, [server])
    over.daemon = True
    over.start()
    try:
        server.connect(target.host, target.port)
        if target.security == "starttls":
            server.starttls(context=context)
        if "user" in target.values:
            server.login(target.values["user"], target.values["password"])
        missed = server.send_message(made, target.sender, target.receivers)
        with suppress(smtplib.SMTPException, OSError):
            server.quit()  # the mail is taken; how the server says goodbye is no matter
        return missed
    finally:
        over.cancel()
        server.close()


def _hang_up(server: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        server.sock.shutdown(SHUT_RDWR)  # type: ignore[union-attr]


def _refused(code: int, said: bytes | str) -> tuple[Judgement, int]:
    """A server's no: for good from 500 on, for now below."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    verdict = Verdict.REFUSED if code >= REFUSED else Verdict.TRANSIENT
    return Judgement(verdict, f"SMTP {code}, {quoted(words)}"), code


def _html(letter: Letter) -> Iterator[str]:
    """The same in HTML, every word of it escaped; no image, no link, nothing that asks another server."""
    yield f"<html><body><h2>{html.escape(letter.title)}</h2><p>{html.escape(letter.about)}</p>"
    for part in letter.parts:
        yield f"<h3>{html.escape(part.heading)}</h3>"
        yield from (f"<p>{html.escape(line)}</p>" for line in part.lines)
    yield from (f"<p>{html.escape(remark)}</p>" for remark in letter.remarks)
    yield "</body></html>"

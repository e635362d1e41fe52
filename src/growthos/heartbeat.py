"""The sign of life after a sync, for a monitor that calls somebody when it does not come: a dead-man's switch."""

from contextlib import closing
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from growthos.clock import Clock
from growthos.connectors.terms import Call, Judgement, Verdict
from growthos.errors import ExitCode
from growthos.home import Home
from growthos.log import Log
from growthos.redact import SECRETS

if TYPE_CHECKING:
    from growthos.settings import Settings

SECONDS = 10.0


def beat(home: Home, settings: "Settings", clock: Clock, code: ExitCode) -> str | None:
    """Ask the address for a sync that ended so, once and for at most ten seconds; why it did not answer, if it did not.

    Nothing is asked where no address is set for that end.
    """
    from growthos.connectors.outward import Parcel, send

    address = settings.sync.heartbeat_url if code == ExitCode.OK else settings.sync.heartbeat_fail_url
    if not address:
        return None
    parcel, began = Parcel(address), monotonic()
    found: list[tuple[Judgement, int | None]] = []
    thread = Thread(target=lambda: found.append(send(parcel, clock, SECONDS)), daemon=True)
    thread.start()
    thread.join(SECONDS)
    late = Judgement(Verdict.TRANSIENT, f"no answer from {parcel.host} within {SECONDS:g} seconds"), None
    judgement, status = found[0] if found else late
    said = SECRETS.text(judgement.message)
    with closing(Log(home.logs, "heartbeat")) as log:
        log.call(
            clock.now(),
            Call(
                source="heartbeat",
                endpoint=parcel.host,
                operation="good" if code == ExitCode.OK else "failed",
                attempt=1,
                status=status,
                verdict=judgement.verdict,
                seconds=monotonic() - began,
                bytes=0,
                records=0,
                waited=0.0,
                message=said,
            ),
        )
    return None if judgement.verdict is Verdict.OK else said

"""Telling people: one message a run to each target, each within its time, and what became of it.

HTTP is the connectors', and mail the standard library's: no other library is needed to send, nor trusted with secrets.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Literal

from growthos.clock import Clock
from growthos.connectors.terms import Call, Judgement, Verdict
from growthos.errors import ExitCode, SettingsError, UsageError
from growthos.measures import near
from growthos.notify.letters import Letter
from growthos.notify.mail import Email
from growthos.notify.posts import Ntfy, Slack, Teams, Webhook
from growthos.notify.targets import Target
from growthos.redact import SECRETS

if TYPE_CHECKING:
    from growthos.settings import Settings

TARGETS: Mapping[str, type[Target]] = {one.name: one for one in (Slack, Teams, Webhook, Ntfy, Email)}
SECONDS = 10.0
"""For one attempt."""
LONGEST_WAIT = 10.0
"""Before the second and last attempt, whatever the target asks for."""
TRIES = 2
AGAIN = {Verdict.THROTTLED, Verdict.TRANSIENT}

Writer = Callable[[Target], Letter | None]
State = Literal["sent", "in part", "failed", "nothing"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message at one target.

    `in part`: some of its people get it. `nothing`: none of it is as grave as the target wants to know.
    """

    title: str
    place: str
    state: State
    said: str = ""


def exit_code(found: Sequence[Delivery]) -> ExitCode:
    """None took it, before some did not."""
    states = {one.state for one in found}
    if "failed" in states and not states & {"sent", "in part"}:
        return ExitCode.UNAVAILABLE
    return ExitCode.PARTIAL if states & {"failed", "in part"} else ExitCode.OK


def examples(names: Sequence[str] = ()) -> tuple[Target, ...]:
    """Every target, or those of these names, as they might be set."""
    check(names)
    return tuple(one(one.example) for name, one in TARGETS.items() if not names or name in names)


def check(names: Sequence[str]) -> None:
    """UsageError with the nearest name where one of these is no target's."""
    for name in names:
        if name not in TARGETS:
            raise UsageError(f"There is no target {name!r}.", hint=near(name, TARGETS))


def chosen(settings: "Settings", names: Sequence[str] = ()) -> tuple[Target, ...]:
    """The targets that are set, or those of these names; SettingsError where one of these is not."""
    check(names)
    for name in names:
        if name not in settings.notify:
            needed = ", ".join(TARGETS[name].missing({}))
            raise SettingsError(
                f"{name} is not set up; still to be set: {needed}.", hint="See `growthos alerts notify -h`."
            )
    return tuple(TARGETS[name](values) for name, values in settings.notify.items() if not names or name in names)


def send(write: Writer, targets: Sequence[Target], clock: Clock, tell: Callable[[Call], None]) -> tuple[Delivery, ...]:
    """Send each target what is written for it, all at once; one that fails or hangs stops no other.

    Every attempt is told to `tell`, without a secret.
    """
    found: dict[str, Delivery | Exception] = {}

    def work(target: Target, letter: Letter) -> None:
        try:
            found[target.name] = _deliver(target, letter, clock, tell)
        except Exception as error:  # noqa: BLE001 - it is raised again where somebody waits
            found[target.name] = error

    threads = []
    for target in targets:
        letter = write(target)
        if letter is None:
            found[target.name] = _delivery(target, "nothing", f"nothing from {target.least} on")
        else:
            threads.append(Thread(target=partial(work, target, letter), daemon=True))
    for thread in threads:
        thread.start()
    until = monotonic() + TRIES * SECONDS + LONGEST_WAIT
    for thread in threads:
        thread.join(max(0.0, until - monotonic()))
    return tuple(_found(target, found.get(target.name)) for target in targets)


def _found(target: Target, one: Delivery | Exception | None) -> Delivery:
    if isinstance(one, Exception):
        raise one
    return one or _delivery(target, "failed", f"no answer from {target.place} in time")


def _deliver(target: Target, letter: Letter, clock: Clock, tell: Callable[[Call], None]) -> Delivery:
    """Two attempts at most; the second where the first may have met a moment that passes."""
    waited = 0.0
    for attempt in range(1, TRIES + 1):
        began = clock.monotonic()
        judgement, status = target.deliver(letter, clock, SECONDS)
        tell(_call(target, letter, attempt, status, judgement, clock.monotonic() - began, waited))
        if judgement.verdict is Verdict.OK:
            return _delivery(target, "in part" if judgement.message else "sent", SECRETS.text(judgement.message))
        if judgement.verdict not in AGAIN or attempt == TRIES:
            break
        waited = min(LONGEST_WAIT, judgement.wait or 1 + random.random())  # noqa: S311 - jitter, not a secret
        clock.sleep(waited)
    times = "" if attempt == 1 else f", {attempt} times"
    return _delivery(target, "failed", f"{SECRETS.text(judgement.message)}{times}")


def _delivery(target: Target, state: State, said: str = "") -> Delivery:
    return Delivery(target.title, target.place, state, said)


def _call(
    target: Target,
    letter: Letter,
    attempt: int,
    status: int | None,
    judgement: Judgement,
    seconds: float,
    waited: float,
) -> Call:
    return Call(
        source=target.name,
        endpoint=target.place,
        operation=letter.kind,
        attempt=attempt,
        status=status,
        verdict=judgement.verdict,
        seconds=seconds,
        bytes=0,
        records=len(letter.parts),
        waited=waited,
        message=SECRETS.text(judgement.message),
    )


def previews(write: Writer, targets: Sequence[Target]) -> Iterator[tuple[Target, str | None]]:
    """What each target would be sent, as it would be sent; None where it would be sent nothing."""
    for target in targets:
        letter = write(target)
        yield target, target.preview(letter) if letter else None

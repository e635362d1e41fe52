"""Takes a person out of a home: the one case in which a raw file does not stay as it was written.

Every raw file that tells of the person is written anew without that, the old one goes at once, and everything that is
made of raw is made again. Money and counts stay: what identified the person gives way to something made up.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from growthos import alert_book, pipeline, raw_check, raw_pages, taken_out
from growthos.clock import Clock
from growthos.connectors import shopify_people as people
from growthos.connectors.shopify_people import Person
from growthos.errors import DamagedDataError, ExitCode, UsageError
from growthos.folders import replace_file
from growthos.home import Home
from growthos.lock import locked
from growthos.raw import DamagedSegmentError
from growthos.raw_rewrite import rewrite
from growthos.state import State

if TYPE_CHECKING:
    from growthos.outcome import SyncReport
    from growthos.settings import Settings

MADE_OF_RAW: Final = ("warehouse.*", "growthos.*", "spill/*")
"""What lies in work/ of all that was ever read: databases of builds, of killed ones too, and what they spilled."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """What a home holds of a person, or, if `done`, held. `emails` counts them: none is told.

    `texts` are files of logs/ and runs/, and alerts.json; `set_aside` those of quarantine/ that tell of the person or
    cannot be read.
    """

    customer: str | None
    done: bool
    orders: int
    customers: int
    emails: int
    files: int
    texts: int
    set_aside: int
    redactions: int = 0
    build: "SyncReport | None" = field(default=None, repr=False)

    @property
    def found(self) -> bool:
        return any((self.files, self.texts, self.set_aside))

    @property
    def published(self) -> bool:
        """Whether what people read was made after this; true where there was nothing to make it of."""
        built = self.build.built if self.build else None
        return built is None or built.published

    @property
    def exit_code(self) -> ExitCode:
        return self.build.exit_code if self.build else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        """The structure of `redact --format json`."""
        names = ("customer", "done", "orders", "customers", "emails", "files", "texts", "set_aside", "redactions")
        return {"schema_version": 1, **{name: getattr(self, name) for name in names}}


def redact(
    home: Home,
    settings: "Settings",
    clock: Clock,
    watcher: "pipeline.Watcher",
    *,
    customer: str | None,
    email: str | None,
    dry_run: bool,
    demo: bool = False,
) -> Redaction:
    """Find what there is of a person, take it out unless it is a dry run, and build what is published anew."""
    number = people.customer_number(customer) if customer else None
    if email and "@" not in email:
        raise UsageError(f"--email {email!r} is no e-mail.", hint="Write it in full, as ann@example.com.")
    if not (number or email):
        raise UsageError("Nobody is named.", hint="Give --customer with the number of a customer, or --email.")
    with locked(home):
        state, damaged = State.read(home.raw)
        for path in damaged:
            if path.relative_to(home.raw).parts[0] == people.SOURCE:
                raise _unreadable(path)
        person = Person(number, {email.strip().lower(): ""} if email else {})
        found = _look(home, state, person)
        taken = 0 if dry_run else _take_out(home, found, person)
    report = Redaction(
        customer=number,
        done=not dry_run,
        orders=sum("/Order/" in one for one in found.records),
        customers=sum("/Customer/" in one for one in found.records),
        emails=len(person.emails),
        files=len(found.files),
        texts=len(found.texts),
        set_aside=len(found.set_aside),
        redactions=taken,
    )
    if dry_run or not state.keys():
        return report
    built = pipeline.rebuild(home, settings, clock, watcher, demo=demo)
    return replace(report, build=built)


@dataclass
class _Found:
    """Where the person is: raw files that count, files replaced by others, texts, files set aside."""

    files: list[Path] = field(default_factory=list)
    replaced: tuple[Path, ...] = ()
    texts: list[Path] = field(default_factory=list)
    set_aside: list[Path] = field(default_factory=list)
    records: set[str] = field(default_factory=set)


def _look(home: Home, state: State, person: Person) -> _Found:
    """Read all that may tell of the person; the e-mails of a customer are found on the way."""
    shop = [path for path in state.files() if path.relative_to(home.raw).parts[0] == people.SOURCE]
    if person.customer is not None:
        bodies = (body for path in shop for body in _bodies(path))
        for body in (*bodies, *_bodies_before(state)):
            person.emails |= dict.fromkeys(people.emails(body, person) - person.emails.keys(), "")
    for email in person.emails:
        person.emails[email] = f"{taken_out.salt(state.redacted, email)}{people.NOWHERE}"
    found = _Found(replaced=state.replaced)
    for path in shop:
        affected = False
        for body in _bodies(path):
            if people.take_out(body, person)[1]:
                affected = True
                found.records |= people.holding(body, person)
        if affected:
            found.files.append(path)
    found.texts = [path for path in _texts(home) if _tells(path.read_bytes(), person)]
    found.set_aside = [path for path in _set_aside(home) if _may_tell(path, person)]
    return found


def _take_out(home: Home, found: _Found, person: Person) -> int:
    """Write anew what tells of the person, and delete what was; how often something was taken out.

    Raw files as they were go last, all at once: from them a run that follows a kill learns the e-mails again.
    """
    for pattern in MADE_OF_RAW:
        for path in home.work.glob(pattern):
            path.unlink()
    for path in found.set_aside:
        path.unlink(missing_ok=True)
    if found.texts and (forms := person.forms()):
        with alert_book.alone(home):  # else who tells of alerts just now would write back what was in theirs
            for path in found.texts:
                replace_file(path, forms.sub(b"[redacted]", path.read_bytes()))
    taken, marks = 0, taken_out.marks(person)
    for path in found.files:
        new = rewrite([path], edit=lambda body: people.take_out(body, person), redacted=marks)
        raw_check.verify(new.path, bodies=True)
        taken += new.redactions
    for path in (*found.files, *found.replaced):
        path.unlink(missing_ok=True)
    return taken


def _bodies(path: Path) -> Iterator[bytes]:
    try:
        yield from raw_pages.bodies(path)
    except DamagedSegmentError as error:
        raise _unreadable(path) from error


def _bodies_before(state: State) -> Iterator[bytes]:
    """What files told in whose place others stand, as far as they can be read."""
    for path in state.replaced:
        with suppress(DamagedSegmentError):
            yield from raw_pages.bodies(path)


def _unreadable(path: Path) -> DamagedDataError:
    return DamagedDataError(
        f"{path} is damaged, so what it tells cannot be known.",
        hint="Run `growthos rebuild`, which sets it aside, and then this command again.",
    )


def _texts(home: Home) -> Iterator[Path]:
    found = (path for place in (home.logs, home.runs) for path in sorted(place.rglob("*")))
    return (path for path in (*found, home.alerts) if path.is_file())


def _set_aside(home: Home) -> Iterator[Path]:
    """Files that may hold what a shop told: its raw files, and working databases."""
    for path in sorted(home.quarantine.rglob("*")):
        if path.is_file() and (f".{people.SOURCE}." in path.name or not path.name.endswith(".parquet")):
            yield path


def _may_tell(path: Path, person: Person) -> bool:
    """Whether a file that was set aside tells of the person; one that cannot be read to its end may."""
    if not path.name.endswith(".parquet"):
        return True
    try:
        return any(people.take_out(body, person)[1] for body in raw_pages.bodies(path))
    except (DamagedSegmentError, OSError):
        return True


def _tells(content: bytes, person: Person) -> bool:
    forms = person.forms()
    return forms is not None and forms.search(content) is not None

"""Setting up a home: what a source is asked for, what a look at it proposes, and where each answer is kept."""

import os
import tomllib
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from growthos import connections, folders
from growthos.clock import Clock
from growthos.connections import Look
from growthos.connectors import find
from growthos.connectors.base import Connector
from growthos.connectors.terms import Setting, Way
from growthos.errors import SettingsError, UsageError
from growthos.home import Home, path_of
from growthos.redact import glimpse
from growthos.settings.origins import Toml, open_to_others, read_toml
from growthos.side_by_side import side_by_side

if TYPE_CHECKING:
    from growthos.settings import Settings

ENV: Final = ".env"
OURS: Final = frozenset({ENV, "growthos.toml"})
"""Where an answer is kept, so that it can be asked for again and changed."""
FILE: Final = "_FILE"
DOWNLOADED: Final = "Give the path of the file that was downloaded."
SECONDS_TO_SIGN_IN: Final = 300
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Writing:
    """What is to be kept: variables of .env, and keys of growthos.toml with the table that each is in."""

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    toml: Mapping[Key, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value that a source told of itself. `final`: it is the shop's own currency, which no setting changes."""

    value: str
    source: str
    final: bool = False


def questions(source: type[Connector], way: Way | None) -> tuple[Setting, ...]:
    """What is asked for a source that lets growthos in by `way`: what it needs, then what it takes besides."""
    by_name = {one.name: one for one in source.settings}
    of_ways = {name for one in source.ways for name in one.settings}
    required = [one for one in source.settings if one.required and one.name not in of_ways]
    others = [
        one for one in source.settings if not (one.required or one.address or one.shared) and one.name not in of_ways
    ]
    return (*required, *(by_name[name] for name in (way.settings if way else ())), *others)


def needed(setting: Setting, way: Way | None) -> bool:
    """Whether a source that lets growthos in by `way` cannot do without this answer."""
    return setting.required or bool(way and setting.name in way.settings)


def likely(source: type[Connector], values: Mapping[str, str]) -> int:
    """The place of the way of which the most is set already, the first where nothing is."""
    counts = [sum(name in values for name in way.settings) / len(way.settings) for way in source.ways]
    return counts.index(max(counts))


def candidate(source: type[Connector], way: Way | None, values: Mapping[str, str]) -> dict[str, str]:
    """The values that count by this way: those of the other ways are left out."""
    of_others = _of_others(source, way)
    return {name: value for name, value in values.items() if name not in of_others}


def checked(source: type[Connector], setting: Setting, value: str, values: Mapping[str, str]) -> str:
    """The answer as it is kept; SettingsError where it cannot be right, before any source is asked."""
    if not value.isprintable() or (setting.secret and not value.isascii()):
        what = "key or token" if setting.secret else "setting"
        raise SettingsError(
            f"{setting.env} holds characters that no {what} has.", hint="Give it again; paste nothing but the value."
        )
    source({**values, setting.name: value})
    if setting.key_file:
        path = path_of(value).absolute()
        try:
            there = path.is_file()
        except OSError as error:
            raise SettingsError(f"{glimpse(value)} cannot be read: {error.strerror}.", hint=DOWNLOADED) from error
        if not there:
            raise SettingsError(f"{path} is no file.", hint=DOWNLOADED)
        if open_to_others(path):
            raise SettingsError(f"{path} can be read by others.", hint=f"Close it to them: chmod 600 {path}")
        return str(path)
    return value


def look(home: Home, settings: "Settings", clock: Clock, sources: Mapping[str, Mapping[str, str]]) -> tuple[Look, ...]:
    """What these sources say to these values, none of which is kept."""
    if not sources:
        return ()
    given = settings.model_copy(update={"sources": {name: dict(values) for name, values in sources.items()}})
    return connections.look(home, given, clock, list(sources))


def sign_in(source: type[Connector], way: Way, values: Mapping[str, str], show: Callable[[str], None]) -> str:
    """The last setting of a way that signs in: what somebody brings who opens the address that `show` is given.

    SourceError where access is refused or nobody comes; StoppedError as soon as the run is to end.
    """
    from growthos.connectors.google_sign_in import sign_in as ask

    client, secret = (values.get(name, "") for name in way.settings[:2])
    address = values.get("oauth_token_url", "")
    job = partial(ask, client, secret, source.scopes, show=show, patience=SECONDS_TO_SIGN_IN, token_address=address)
    return next(side_by_side([job], Event()))


def writing(
    source: type[Connector], way: Way | None, answers: Mapping[str, str], origins: Mapping[str, str]
) -> Writing:
    """Where the answers are kept, and what of the other ways is emptied. `origins`: where each variable stands now.

    A secret goes to .env, all else to growthos.toml, unless it stands in .env already.
    """
    env: dict[str, str] = {}
    toml: dict[Key, str] = {}
    of_others = _of_others(source, way)
    for one in source.settings:
        stands = origins.get(one.env, "")
        gone = one.name in of_others and stands in OURS and not one.shared
        if one.name not in answers and not gone:
            continue
        value = answers.get(one.name, "")
        if stands == ENV or (one.secret and not gone):
            env[one.env] = value
        else:
            toml[source.name, one.name] = value
    return Writing(env, toml)


def left(source: type[Connector], way: Way | None, origins: Mapping[str, str]) -> dict[str, str]:
    """The variables of the other ways that stand where nothing of them can be emptied, each with that place."""
    of_others = _of_others(source, way)
    own = [one.env for one in source.settings if one.name in of_others and not one.shared]
    return {name: origins[name] for name in own if origins.get(name, ENV) not in OURS}


def given(pairs: Sequence[str]) -> Writing:
    """What NAME=VALUE on the command line sets; UsageError where a name is none, or is that of a secret."""
    names: dict[str, list[Key]] = {}
    settings = [(source.name, one) for source in find().values() for one in source.settings]
    secrets = {one.env for _, one in settings if one.secret}
    paths = {one.env for _, one in settings if one.key_file} | {f"{name}{FILE}" for name in secrets}
    for source, one in settings:
        name, key = (one.env + FILE, f"{one.name}_file") if one.secret else (one.env, one.name)
        names.setdefault(name, []).append((source, key))
    toml: dict[Key, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if name in secrets:
            raise UsageError(
                f"{name} is a secret, and a command line can be read by others and stays in the shell's history.",
                hint=f"Set it in the environment or in .env, or name a file that holds it: --set {name}{FILE}=PATH.",
            )
        if name not in names or not equals:
            near = get_close_matches(name.upper(), [*names, *secrets], 1)
            said = "is not of the form NAME=VALUE" if name in names else "names no setting of a source"
            raise UsageError(
                f"--set {glimpse(name)} {said}.{f' Did you mean {near[0]}?' if near and name not in names else ''}",
                hint="`growthos explain SOURCE` lists the variables of a source.",
            )
        value = str(path_of(value).absolute()) if name in paths else value
        for source, key in names[name]:
            find()[source]({key: value})
            toml[source, key] = value
    return Writing(toml=toml)


def general(option: str, key: str, value: str) -> Writing:
    """A setting that is no source's; UsageError where the value cannot be right. A currency may be said in small."""
    from pydantic import ValidationError

    from growthos.settings import Settings

    value = value.upper() if key == "currency" else value
    try:
        Settings.model_validate({key: value})
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        said = f"{glimpse(value)} is no currency" if key == "currency" else said
        hint = "Three capital letters, such as EUR." if key == "currency" else "An IANA name, such as Europe/Berlin."
        raise UsageError(f"{option}: {said.rstrip('?.')}{'?' if said.endswith('?') else '.'}", hint=hint) from error
    return Writing(toml={(key,): value})


def both(first: Writing, second: Writing) -> Writing:
    """The two together; the second counts where they differ."""
    return Writing({**first.env, **second.env}, {**first.toml, **second.toml})


def write(home: Home, environ: Mapping[str, str], new: Writing) -> None:
    """Keep it. Nothing was written where it cannot be right, by SettingsError, or where the home takes no file."""
    from growthos import settings
    from growthos.settings import keeping

    made = becomes(home, new)
    settings.load(home, environ, toml=made, partly=True)
    folders.check(home)
    try:
        folders.make_folders(home.root)
        if new.env:
            keeping.keep(home, new.env)
        if made.text != read_toml(home).text:
            folders.replace_file(Path(os.path.realpath(home.settings)), _as_it_was(home.settings, made.text))
    except OSError as error:
        raise folders.cannot_write(home.settings, error) from error


def becomes(home: Home, new: Writing) -> Toml:
    """growthos.toml with all that is new in it, and nothing else changed; every default where there was none."""
    from growthos.settings import template

    old = read_toml(home).text if home.settings.exists() else template.template()
    text = template.edited(old, differs(home, new).toml)
    return Toml(home.settings, text, tomllib.loads(text))


def _as_it_was(path: Path, text: str) -> bytes:
    """The new text of a file, with its line ends, and the mark that it begins with, if it does so."""
    old = path.read_bytes() if path.exists() else b""
    mark = BOM_UTF8 if old.startswith(BOM_UTF8) else b""
    return mark + text.replace("\n", "\r\n" if b"\r\n" in old else "\n").encode()


def differs(home: Home, new: Writing) -> Writing:
    """What of it is not so already, as growthos.toml has it; what goes to .env is always written."""
    return Writing(new.env, {key: value for key, value in new.toml.items() if _value(home, key) != value})


def unsaid(home: Home, new: Writing) -> Writing:
    """What of it growthos.toml does not speak of."""
    return Writing(toml={key: value for key, value in new.toml.items() if _value(home, key) is None})


def shown(home: Home, new: Writing) -> Iterator[tuple[str, str]]:
    """Each file that is written to with the lines that are new in it; of a secret only its name."""
    from growthos.settings import template

    secrets = {one.env for source in find().values() for one in source.settings if one.secret}
    if new.toml:
        lines = (f"{template.line(key[-1], value)}" for key, value in new.toml.items())
        heads = (f"[{'.'.join(key[:-1])}] " if len(key) > 1 else "" for key in new.toml)
        yield str(home.settings), "\n".join(head + line for head, line in zip(heads, lines, strict=True))
    if new.env:
        yield (
            str(home.env),
            "\n".join(f"{name}={'…' if value and name in secrets else value}" for name, value in new.env.items()),
        )


def zone(looks: Collection[Look]) -> Proposal | None:
    """The time zone to report in: the shop's, else the first that a source tells."""
    usable = [one for one in _told(looks, "time zone") if _is_zone(one.value)]
    return usable[0] if usable else None


def currency(looks: Collection[Look]) -> Proposal | None:
    """The currency to report in: the shop's, else the one in which all accounts count."""
    told = _told(looks, "currency")
    if told and (told[0].final or len({one.value for one in told}) == 1):
        return told[0]
    return None


def proposed(looks: Collection[Look]) -> Writing:
    """Both, as they are written where nobody is asked."""
    found = {"reporting_timezone": zone(looks), "currency": currency(looks)}
    return Writing(toml={(key,): one.value for key, one in found.items() if one})


def missing(known: "Settings", names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """For each of these sources, or all, that is not connected, the variables it needs, once for each of its ways."""
    found = {}
    for name, source in find().items():
        values = known.sources.get(name, {})
        if (lacks := source.missing(values)) and (not names or name in names):
            half = source.partly(values) or not source.ways
            ways = [lacks] if half else [_variables(source, way) for way in source.ways]
            found[name] = tuple(dict.fromkeys(", ".join(one) for one in ways))
    return found


def _of_others(source: type[Connector], way: Way | None) -> set[str]:
    """The settings that belong to the other ways alone."""
    return {name for one in source.ways for name in one.settings} - set(way.settings if way else ())


def _variables(source: type[Connector], way: Way) -> list[str]:
    return [one.env for one in questions(source, way) if needed(one, way)]


def _told(looks: Collection[Look], subject: str) -> list[Proposal]:
    """What sources said of a subject: the shop first, those that count visits next, ads last."""
    from growthos.warehouse.sqlfiles import sources_of

    shops, ads = sources_of("orders"), sources_of("spend")
    ranked = sorted(looks, key=lambda one: (one.source not in shops, one.source in ads, one.source))
    return [
        Proposal(one.said, look.source, final=look.source in shops)
        for look in ranked
        for one in look.findings
        if one.subject == subject and one.state == "ok"
    ]


def _is_zone(name: str) -> bool:
    """Whether this machine knows the zone: ad platforms tell names that are none."""
    try:
        return bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return False


def _value(home: Home, key: Key) -> Any:
    found: Any = read_toml(home).values
    for part in key:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found

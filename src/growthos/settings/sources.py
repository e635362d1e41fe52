"""The settings of the sources: whatever a connector declares, from growthos.toml, .env and the environment.

A target of notifications declares in the same way, and its table is one below another: `notify.slack`.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from growthos.connectors.address import hidden
from growthos.connectors.terms import Setting
from growthos.errors import SettingsError
from growthos.home import Home, path_of
from growthos.redact import LONG, SECRETS, glimpse
from growthos.settings.origins import Env, Problems, Toml, near_miss, open_to_others, unknown


class Declared(Protocol):
    """Something with settings of its own: every `Connector` is one, and every `Target`."""

    settings: ClassVar[tuple[Setting, ...]]

    def __init__(self, values: Mapping[str, str]) -> None: ...

    @classmethod
    def missing(cls, values: Mapping[str, str]) -> tuple[str, ...]:
        """Variables that are still to be set."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Looks a setting up: the environment first, then .env, then growthos.toml; a `*_file` names a file with it."""

    home: Home
    toml: Toml
    places: tuple[Env, ...]
    problems: Problems
    origins: dict[tuple[str, str], str] = field(default_factory=dict)
    """Where each value was found, by source and setting."""

    def read(self, source: str, setting: Setting, table: Mapping[str, object]) -> str | None:
        for place in self.places:
            value, path = place.get(setting.env), place.get(f"{setting.env}_FILE") if setting.secret else None
            if value and path:
                self.problems.add(place.where(setting.env), f"is set, and so is {setting.env}_FILE; keep one")
            if path and not value:
                self.origins[source, setting.name] = f"{setting.env}_FILE in {place.name}"
                return self._from_file(path, setting, place.where(f"{setting.env}_FILE"))
            if value:
                self.origins[source, setting.name] = place.name
                return self._checked(value, setting, place.where(setting.env))
        given = table.get(setting.name)
        named = table.get(f"{setting.name}_file") if setting.secret else None
        if given is None and named is None:
            return None
        keys = source.split(".")
        where = self.toml.where(*keys, setting.name)
        if given is not None and named is not None:
            self.problems.add(where, f"is set, and so is {setting.name}_file; keep one")
        key = "" if given is not None else f"{setting.name}_file in "
        self.origins[source, setting.name] = key + self.toml.path.name
        if given is None:
            return self._from_file(str(named), setting, self.toml.where(*keys, f"{setting.name}_file"))
        return self._checked(self._text(given, where), setting, where)

    def _text(self, given: object, where: str) -> str:
        """A value of growthos.toml as text; ids may be written as numbers, several of them as a list."""
        several = given if isinstance(given, list) else [given]
        if any(isinstance(one, bool) or not isinstance(one, str | int) for one in several):
            self.problems.add(where, "is neither text nor a whole number, nor a list of them")
            return ""
        return ",".join(str(one).strip() for one in several)

    def _from_file(self, name: str, setting: Setting, where: str) -> str | None:
        path = self.home.root / path_of(name)
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            may_be_secret = len(name) >= LONG and not path_of(name).is_absolute()
            self.problems.add(where, f"{glimpse(name) if may_be_secret else path} cannot be read: {reason}")
            return None
        if open_to_others(path):
            self.problems.refuse(path)
        if not value:
            self.problems.add(where, f"{path} is empty")
        return self._checked(value, setting, where)

    def _checked(self, value: str, setting: Setting, where: str) -> str | None:
        if setting.secret:
            for one in hidden(value) if setting.link else (value,):
                SECRETS.learn(one)
        if setting.secret and not (value.isascii() and value.isprintable()):
            self.problems.add(where, "holds characters that no key or token has")
        return value or None


def read_sources(
    known: Mapping[str, type[Declared]],
    home: Home,
    toml: Toml,
    env: Env,
    environ: Mapping[str, str],
    problems: Problems,
    *,
    partly: bool = False,
    besides: Sequence[Setting] = (),
) -> dict[str, dict[str, str]]:
    """What is set for each source, by setting name; with `partly`, also where that is not all it needs.

    `besides` are settings of others whose variables begin as those of targets do.
    """
    reader = Reader(home, toml, (Env("environment", environ), env), problems)
    _unknown_variables(known, besides, env, problems)
    open_secrets({name: one.settings for name, one in known.items()}, home, toml, env, problems)
    found = {}
    for name, connector in known.items():
        keys_to_it = name.split(".")
        table = _at(toml, keys_to_it)
        if not isinstance(table, dict):
            problems.add(toml.where(*keys_to_it), f"is a table: write [{name}]")
            continue
        settings = connector.settings
        keys = {one.name for one in settings} | {f"{one.name}_file" for one in settings if one.secret}
        for key in table:
            if key not in keys:
                problems.add(toml.where(*keys_to_it, key), unknown(key, sorted(keys)))
        values = {one.name: value for one in settings if (value := reader.read(name, one, table))}
        if values:
            found[name] = values
            if not (partly and connector.missing(values)):
                _complete(name, connector, values, {**env.values, **environ}, problems)
    return found


def whence(
    known: Mapping[str, tuple[Setting, ...]], home: Home, toml: Toml, env: Env, environ: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """For each table, the variables that are set and the place in which each was found; no value."""
    reader = Reader(home, toml, (Env("environment", environ), env), Problems())
    found: dict[str, dict[str, str]] = {}
    for name, settings in known.items():
        for one in settings:
            if reader.read(name, one, table_of(toml, name)):
                found.setdefault(name, {})[one.env] = reader.origins[name, one.name]
    return found


def _complete(
    name: str,
    connector: type[Declared],
    values: Mapping[str, str],
    environ: Mapping[str, str],
    problems: Problems,
) -> None:
    """A source is connected or not, never half: what is missing is named."""
    settings = connector.settings
    own = [one for one in settings if one.name in values and not (one.shared or one.address)]
    missing = connector.missing(values)
    if own and missing:
        verb = "is" if len(missing) == 1 else "are"
        names = ", ".join(missing)
        what = f"is only partly set: {names} {verb} missing{near_miss(missing, environ)}"
        signed_in_to = getattr(connector, "scopes", ())
        if signed_in_to and {one.name for one in settings if one.env in missing} == {"refresh_token"}:
            what += f"; `growthos login {name}` gets it"
        problems.add(name, what)
    elif own:
        try:
            connector(values)
        except SettingsError as error:
            problems.add(name, error.message)
        for one in settings:
            key = path_of(values[one.name]) if one.key_file and one.name in values else None
            with suppress(OSError, ValueError):  # what cannot be looked at is told by the source that reads it
                if key and open_to_others(key):
                    problems.refuse(key)


def _unknown_variables(
    known: Mapping[str, type[Declared]], besides: Sequence[Setting], env: Env, problems: Problems
) -> None:
    """A name in .env that begins like a source's or as ours do, and is none of the settings, was mistyped."""
    names = {"DEMO_MODE", "GROWTHOS_HOME", "GROWTHOS_CACHE"}
    for one in (*besides, *(setting for connector in known.values() for setting in connector.settings)):
        names |= {one.env, f"{one.env}_FILE"} if one.secret else {one.env}
    prefixes = tuple("GROWTHOS_" if name.startswith("notify.") else f"{name.upper()}_" for name in known)
    for name in env.values:
        if name not in names and name.startswith(prefixes):
            problems.add(env.where(name), unknown(name, sorted(names), "variable"))


def open_secrets(
    known: Mapping[str, tuple[Setting, ...]], home: Home, toml: Toml, env: Env, problems: Problems
) -> None:
    """Refuse a file that holds one of these secrets and is not its owner's alone."""
    secrets = [(name, one) for name, settings in known.items() for one in settings if one.secret]
    for path, holds in (
        (home.settings, any(one.name in table_of(toml, name) for name, one in secrets)),
        (home.env, any(env.get(one.env) for _, one in secrets)),
    ):
        if holds and open_to_others(path):
            problems.refuse(path)


def table_of(toml: Toml, name: str) -> Mapping[str, object]:
    """What growthos.toml says of a source or target; nothing where it says nothing."""
    found = _at(toml, name.split("."))
    return found if isinstance(found, dict) else {}


def _at(toml: Toml, keys: Sequence[str]) -> object:
    """What stands there in growthos.toml; an empty table where nothing does."""
    found: object = toml.values
    for key in keys:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found

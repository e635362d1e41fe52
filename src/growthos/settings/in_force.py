"""Every setting as it is in force, and where that was said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from growthos.connectors import find
from growthos.connectors.address import may_hold_secret
from growthos.connectors.base import is_contents
from growthos.connectors.terms import Setting
from growthos.dates import span_text
from growthos.errors import UsageError
from growthos.home import Home
from growthos.settings import Settings
from growthos.settings.notify import HEARTBEAT
from growthos.settings.origins import Env, Problems, Toml, read_env, read_toml, unknown
from growthos.settings.sources import Reader, table_of

DEFAULT, NOT_SET, DEMO = "default", "not set", "the demo"


@dataclass(frozen=True, slots=True)
class InForce:
    """One setting; `name` as in growthos.toml: `sync.history`.

    `value` is None where there is none, and of a secret, of which nothing is shown. `origin`: the file and line, or the
    environment, else whether it has a default. `variable` is what sets it in .env or the environment, where one does.
    """

    name: str
    value: object
    default: object
    origin: str
    help: str
    variable: str = ""
    secret: bool = False

    @property
    def is_set(self) -> bool:
        """Whether anybody said it."""
        return self.origin not in {DEFAULT, NOT_SET}

    @property
    def table(self) -> str:
        """The table of growthos.toml that it stands in."""
        return self.name.rpartition(".")[0]

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "value": self.value,
            "default": self.default,
            "is_set": self.is_set,
            "origin": self.origin,
            "variable": self.variable or None,
            "secret": self.secret,
            "help": self.help,
        }


@dataclass(frozen=True, slots=True)
class AllInForce:
    """The settings of a home; `left_out` are the tables of sources and targets of which nothing is set."""

    home: Home
    settings: tuple[InForce, ...]
    left_out: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The structure of `settings --format json`."""
        return {
            "schema_version": 1,
            "home": str(self.home.root),
            "settings": [one.as_json() for one in self.settings],
            "left_out": list(self.left_out),
        }


def in_force(
    home: Home, settings: Settings, environ: Mapping[str, str], names: Sequence[str] = (), *, demo: bool = False
) -> AllInForce:
    """The settings of these names or tables; else all but the tables of which nothing is set.

    UsageError with the nearest name where one is none. `demo`: of the demo shop, of which no file says anything.
    """
    if demo:
        said = Said(settings, Toml(home.settings), Env(".env"))
    else:
        toml, env = read_toml(home), read_env(home, Problems())
        said = Said(settings, toml, env, Reader(home, toml, (Env("environment", environ), env), Problems()))
    found = _all(said)
    if names:
        return AllInForce(home, tuple(_named(found, names)))
    shown = {one.table for one in found if one.origin != NOT_SET}
    left_out = dict.fromkeys(one.table for one in found if one.table not in shown)
    return AllInForce(home, tuple(one for one in found if one.table in shown), tuple(left_out))


def known() -> dict[str, str]:
    """The name of every setting, with what it is."""
    return {one.name: one.help for one in _all(Said(Settings(), Toml(Path()), Env("")))}


def tables(names: Iterable[str]) -> list[str]:
    """The tables that these settings stand in, and those that hold such tables, in their order."""
    parts = [name.split(".") for name in names]
    return list(dict.fromkeys(".".join(one[:end]) for one in parts for end in range(1, len(one))))


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of what sources and targets declare, and where; of the demo shop no file says anything."""

    settings: Settings
    toml: Toml
    env: Env
    reader: Reader | None = None

    def of(self, table: str, one: Setting) -> InForce:
        """One of these settings."""
        if self.reader is None:
            value = self.settings.sources.get(table, {}).get(one.name)
            origin = DEMO if value else NOT_SET
        else:
            value = self.reader.read(table, one, table_of(self.toml, table))
            origin = self._origin(table, one, self.reader.origins.get((table, one.name), NOT_SET))
        secret = one.secret or _holds_one(one, value or "")
        return InForce(f"{table}.{one.name}", None if secret else value, None, origin, one.help, one.env, secret)

    def _origin(self, table: str, one: Setting, found: str) -> str:
        """Where it was found, with the line of that file; the path of a secret's own file stands there too."""
        by_file, _, place = found.rpartition(" in ")
        if place == self.env.name:
            return self.env.place(by_file or one.env)
        if place == self.toml.path.name:
            return self.toml.place(*table.split("."), by_file or one.name)
        return place


def _holds_one(one: Setting, value: str) -> bool:
    """Whether a secret stands in what is none: a key in place of its file's path, a password in an address.

    Both are refused where the source is set in full.
    """
    is_address = one.address or "://" in value
    return (one.key_file and is_contents(value)) or (is_address and may_hold_secret(value))


def _all(said: Said) -> list[InForce]:
    """In the order of growthos.toml: the general ones, then those of each source and of each place to tell people."""
    from growthos.notify import TARGETS

    targets = {f"notify.{name}": one.settings for name, one in TARGETS.items()}
    declared = {"sync": HEARTBEAT, **{name: one.settings for name, one in find().items()}, **targets}
    found = [*_general(said.settings, said.toml, ())]
    if said.reader is None:
        found = [one if one.value == one.default else replace(one, origin=DEMO) for one in found]
    found += (said.of(table, one) for table, settings in declared.items() for one in settings)
    order = list(dict.fromkeys(one.table for one in found))
    return sorted(found, key=lambda one: order.index(one.table))


def _general(model: BaseModel, toml: Toml, key: tuple[str, ...]) -> Iterator[InForce]:
    """What a model holds and the models in it; what it does not show is `_declared`, for it may be secret."""
    for name, field in type(model).model_fields.items():
        value, at, says = getattr(model, name), (*key, name), field.description or ""
        if not field.repr:
            continue
        if isinstance(value, BaseModel):
            yield from _general(value, toml, at)
            continue
        default = field.get_default(call_default_factory=True)
        if isinstance(value, dict) and value:
            for entry, one in value.items():
                yield _plain((*at, str(entry)), one, default.get(entry), says, toml)
        else:
            yield _plain(at, None if value == {} else value, None if default == {} else default, says, toml)


def _plain(at: tuple[str, ...], value: object, default: object, says: str, toml: Toml) -> InForce:
    stands = _stands(toml.values, at)
    return InForce(".".join(at), _written(value), _written(default), toml.place(*stands) if stands else DEFAULT, says)


def _stands(values: object, at: Sequence[str]) -> tuple[str, ...] | None:
    """The keys of a setting as they are written, as product types may have capitals; None where it is not set."""
    if not at:
        return ()
    for key, below in values.items() if isinstance(values, dict) else ():
        if key.strip().lower() == at[0].lower() and (rest := _stands(below, at[1:])) is not None:
            return (key, *rest)
    return None


def _written(value: object) -> object:
    """A value as growthos.toml has it."""
    match value:
        case BaseModel():
            return value.model_dump(by_alias=True, exclude_unset=True)
        case timedelta():
            return span_text(value)
        case Path():
            return str(value)
        case tuple():
            return list(value)
        case dict():
            return {str(key): _written(one) for key, one in value.items()}
    return value


def _named(found: Sequence[InForce], names: Sequence[str]) -> Iterator[InForce]:
    may_be = {one.name for one in found} | {*tables(one.name for one in found)}
    for name in names:
        if name not in may_be:
            near = unknown(name, sorted(may_be))
            raise UsageError(f"{name}: {near}", hint="`growthos settings` lists them all.")
    for one in found:
        if any(one.name == name or one.name.startswith(f"{name}.") for name in names):
            yield one

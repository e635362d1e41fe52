"""growthos.toml as it is first written, with every setting and its default, and edits that leave the rest alone."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from growthos.connectors import find
from growthos.connectors.terms import Setting
from growthos.settings import Settings
from growthos.settings.origins import SECTION

HEAD: Final = """\
# The settings of this shop. "# name = value" shows what holds while nothing else is said: take the "# " away to
# change it. Secrets have their place in .env beside this file, or in files of their own.
"""
Key = tuple[str, ...]


@cache
def template() -> str:
    """Every setting, commented out, with its default; below, those of each source, and of each place to tell people."""
    from growthos.notify import TARGETS

    sources = (_declared(one.title, one.name, one.settings) for one in find().values())
    targets = (_declared(one.title, f"notify.{one.name}", one.settings) for one in TARGETS.values())
    return "\n".join([HEAD, *_tables(Settings, ()), *sources, *targets])


def edited(text: str, changes: Mapping[Key, str]) -> str:
    """The text of a growthos.toml with these keys set; all else, comments too, stays as it is.

    A default that stands there commented out gives its place to the value.
    """
    for key, value in changes.items():
        wanted = _with(tomllib.loads(text), key, value)
        text = next((one for one in _in_place(text, key, value) if _reads(one, wanted)), "") or _set(text, key, value)
    return text


def line(key: str, value: object) -> str:
    """A line of TOML."""
    import tomlkit

    name = key if re.fullmatch(r"[\w-]+", key) else tomlkit.item(key).as_string()
    return f"{name} = {literal(value)}"


def literal(value: object) -> str:
    """A value as TOML writes it."""
    import tomlkit

    plain = str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
    if isinstance(plain, dict):
        return f"{{ {', '.join(line(*item) for item in plain.items())} }}"
    return tomlkit.item(plain).as_string()


def _tables(model: type[BaseModel], key: Key) -> Iterator[str]:
    """The table of a model, then the tables in it."""
    fields = {name: one for name, one in model.model_fields.items() if (*key, name) not in {("sources",), ("notify",)}}
    plain = [_field(name, one) for name, one in fields.items() if not _is_table(one)]
    if plain:
        yield "\n".join([*_head(key, model.__doc__), *plain])
    for name, one in fields.items():
        if isinstance(one.annotation, type) and issubclass(one.annotation, BaseModel):
            yield from _tables(one.annotation, (*key, name))
        elif _is_table(one):
            lines = (f"# {line(*item)}" for item in _shown(one).items())
            yield "\n".join([*_head((*key, name), one.description), *lines, ""])


def _head(key: Key, doc: str | None) -> list[str]:
    return [f"# {(doc or '').partition(chr(10))[0]}", f"[{'.'.join(key)}]\n"] if key else []


def _field(name: str, field: FieldInfo) -> str:
    return f"# {field.description}\n# {line(name, _shown(field))}\n"


def _is_table(field: FieldInfo) -> bool:
    return isinstance(_shown(field), BaseModel | dict)


def _shown(field: FieldInfo) -> Any:
    """The default, or an example where that is empty."""
    return field.examples[0] if field.examples else field.default


def _declared(title: str, table: str, settings: Sequence[Setting]) -> str:
    return "\n".join([f"# {title}", f"[{table}]\n", *(_setting(one) for one in settings)])


def _setting(setting: Setting) -> str:
    """A secret has no place here, but the path of a file that holds it has."""
    said = f"# {setting.env}: {setting.help}"
    if setting.secret:
        return f"{said} In .env, or the path of a file with it:\n# {line(f'{setting.name}_file', '')}\n"
    return f"{said}\n# {line(setting.name, '')}\n"


def _with(values: Mapping[str, Any], key: Key, value: str) -> dict[str, Any]:
    made = deepcopy(dict(values))
    table = made
    for part in key[:-1]:
        table = table.setdefault(part, {})
    table[key[-1]] = value
    return made


def _reads(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _in_place(text: str, key: Key, value: str) -> Iterator[str]:
    """The text with a value where its default stands commented out, or below the last line of its table."""
    lines, section, last = text.split("\n"), "", None
    ours = set(template().split("\n"))
    for number, content in enumerate(lines):
        head = SECTION.fullmatch(content)
        section = head[1] if head else section
        if section != ".".join(key[:-1]):
            continue
        if content.startswith(f"# {key[-1]} = ") and content in ours:
            yield "\n".join([*lines[:number], line(key[-1], value), *lines[number + 1 :]])
        elif content.strip() and not content.startswith("#"):
            last = number + 1
    if last is not None:
        yield "\n".join([*lines[:last], line(key[-1], value), *lines[last:]])


def _set(text: str, key: Key, value: str) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    table: Any = document
    for part in key[:-1]:
        table = table.setdefault(part, tomlkit.table())
    table[key[-1]] = value
    return tomlkit.dumps(document)

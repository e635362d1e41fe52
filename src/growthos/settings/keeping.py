"""Variables kept in the .env of a home, which is its owner's alone from the first byte on."""

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from growthos import folders
from growthos.errors import SettingsError
from growthos.home import Home
from growthos.settings.origins import Problems, read_env

UNFIT: Final = re.compile(r"[\n\r\0\ud800-\udfff]")
"""What no line of a text file can hold."""
QUOTED: Final = re.compile(r"\s|^['\"]")
"""What would be read otherwise without quotes: space, the comment that may follow it, a quote that opens."""
BINDING: Final = re.compile(
    r"(?P<name>\s*(?:export\s+)?[^=#\s]+)[^\S\r\n]*"
    r"(?:=(?:[^\S\r\n]*(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")|[^\r\n]*?(?=[^\S\r\n]+#|[^\S\r\n]*(?:[\r\n]|$))))?"
    r"[^\S\r\n]*(?P<comment>#[^\r\n]*)?[^\S\r\n]*(?P<end>[\r\n]*)",
    re.DOTALL,
)


def keep(home: Home, values: Mapping[str, str]) -> Path:
    """Write variables into the home's .env, and return its path; all other lines and comments stay as they are.

    A name that stands there gets the new value, in every place where it stands. `origins.read_env` gives each value
    back exactly. SettingsError where a value cannot stand in one line, or where a line of the file is no NAME=value;
    CannotWriteError where the home takes no file. In both cases nothing was written.
    """
    for name, value in values.items():
        if UNFIT.search(value):
            raise SettingsError(
                f"{name} cannot be kept: it holds a line break, or another character that no line of .env can hold.",
                hint="Give it again, as one line. Nothing was written.",
            )
    folders.check(home)
    problems = Problems()
    read_env(home, problems)
    problems.stop()
    try:
        folders.make_folders(home.root)
        folders.replace_file(Path(os.path.realpath(home.env)), _merged(_text(home.env), values).encode())
    except OSError as error:
        raise folders.cannot_write(home.env, error) from error
    return home.env


def _text(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return file.read()


def _merged(text: str, values: Mapping[str, str]) -> str:
    from dotenv.parser import parse_stream

    lines, new = [], dict(values)
    for one in parse_stream(io.StringIO(text, newline="")):
        line = one.original.string
        standing = BINDING.fullmatch(line) if one.key in values else None
        if standing and one.key is not None:
            new.pop(one.key, None)
            comment = f"  {standing['comment']}" if standing["comment"] else ""
            line = f"{standing['name']}={_quoted(values[one.key])}{comment}{standing['end']}"
        lines.append(line)
    if new and lines and not lines[-1].endswith(("\n", "\r")):
        lines.append("\n")
    return "".join([*lines, *(f"{name}={_quoted(value)}\n" for name, value in new.items())])


def _quoted(value: str) -> str:
    if not QUOTED.search(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

"""Where settings come from: growthos.toml, .env and the environment, read with the line of every mistake."""

import errno
import os
import re
import stat
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from growthos.errors import ExitCode, SettingsError
from growthos.home import Home
from growthos.redact import glimpse

YES, NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")
OTHERS = stat.S_IRWXG | stat.S_IRWXO
FEW = 20
KEY = r"(?:\"[^\"]*\"|'[^']*'|[\w-]+)"
DOTTED = rf"{KEY}(?:\s*\.\s*{KEY})*"
SECTION = re.compile(rf"\s*\[\s*({DOTTED})\s*\]\s*(#.*)?")
SET = re.compile(rf"\s*({DOTTED})\s*=")


@dataclass
class Problems:
    """Everything that is wrong, told at once: a person mends the file once and not five times."""

    found: list[str] = field(default_factory=list)
    modes: bool = False

    def add(self, where: str, what: str) -> None:
        self.found.append(f"{where}: {what}")

    def refuse(self, path: Path) -> None:
        """A file with a secret that is not its owner's alone."""
        self.modes = True
        self.found = list(dict.fromkeys([*self.found, f"{path}: holds secrets and can be read by others"]))

    def stop(self) -> None:
        """Raise them, if there are any."""
        if not self.found:
            return
        hint = "Nothing was run. Mend this, and start again."
        if self.modes:
            hint = "Nothing was run. Close the file to others with `chmod 600`, and start again."
        if len(self.found) == 1:
            raise SettingsError(self.found[0], hint=hint)
        raise SettingsError(f"{len(self.found)} settings are wrong:\n  " + "\n  ".join(self.found), hint=hint)


@dataclass(frozen=True)
class Toml:
    """growthos.toml as it was read; empty where there is none."""

    path: Path
    text: str = field(default="", repr=False)
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def where(self, *keys: str) -> str:
        """The file and line in which a key stands, or else the table that it belongs into, and the key in full."""
        return f"{self.place(*keys)}, {'.'.join(keys)}"

    def place(self, *keys: str) -> str:
        """The file and line in which a key stands, or else the table that it belongs into."""
        lines = (self._line(list(keys[:end])) for end in range(len(keys), 0, -1))
        line = next((one for one in lines if one), 0)
        return f"{self.path.name}:{line}" if line else self.path.name

    def _line(self, keys: list[str]) -> int:
        section: list[str] = []
        for number, content in enumerate(self.text.split("\n"), 1):
            if head := SECTION.fullmatch(content):
                section = _keys(head[1])
                if section == keys:
                    return number
            elif named := SET.match(content):
                at = [*section, *_keys(named[1])]
                if len(keys) > len(section) and at[: len(keys)] == keys:
                    return number
        return 0


def _keys(dotted: str) -> list[str]:
    """The keys of which a line of TOML makes one: `a."b c"`."""
    return [one.strip("\"'") for one in re.findall(KEY, dotted)]


@dataclass(frozen=True)
class Env:
    """The variables of .env or of the environment; one set to nothing counts as not set."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        return (self.values.get(name) or "").strip() or None

    def where(self, name: str) -> str:
        return f"{self.place(name)}, {name}" if name in self.lines else name

    def place(self, name: str) -> str:
        """The file and line in which a variable stands; of the environment there are no lines."""
        return f"{self.name}:{self.lines[name]}" if name in self.lines else self.name


def read_toml(home: Home) -> Toml:
    """growthos.toml; a file that is no TOML says nothing else, so that is raised at once."""
    try:
        text = home.settings.read_text(encoding="utf-8-sig")
        return Toml(home.settings, text, tomllib.loads(text))
    except FileNotFoundError:
        return Toml(home.settings)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{home.settings} is no TOML: {error}", hint="Mend the line it names.") from error
    except OSError as error:
        raise _unreadable(home.settings, error) from error


def _unreadable(path: Path, error: OSError) -> SettingsError:
    """What to tell a person whose settings cannot be read; a disk that fails is no mistake of theirs."""
    if error.errno == errno.EIO:
        made = SettingsError(f"{path} cannot be read: {error.strerror}.", hint="Look at the disk; nothing was run.")
        made.code = ExitCode.IO_ERROR
        return made
    return SettingsError(
        f"{path} cannot be read: {error.strerror}.", hint="Look at its owner and rights. Nothing was run."
    )


def read_env(home: Home, problems: Problems) -> Env:
    """The .env of the home, taken literally: no variable is put into another."""
    if not os.path.lexists(home.env):
        return Env(".env")
    from dotenv.parser import parse_stream

    values, lines = {}, {}
    try:
        with home.env.open(encoding="utf-8-sig") as file:
            bindings = list(parse_stream(file))
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{home.env} cannot be read: {error}.", hint="Save it as UTF-8. Nothing was run."
        ) from error
    except OSError as error:
        raise _unreadable(home.env, error) from error
    for one in bindings:
        line = one.original.line + one.original.string[
            : len(one.original.string) - len(one.original.string.lstrip())
        ].count("\n")
        if one.error:
            problems.add(f".env:{line}", "is not of the form NAME=value")
        elif one.key is not None:
            values[one.key] = one.value or ""
            lines[one.key] = line
    return Env(".env", values, lines)


def demo_mode(home: Home, environ: Mapping[str, str]) -> bool:
    """Whether DEMO_MODE asks for the demo: the environment's word counts before that of .env."""
    said = environ.get("DEMO_MODE")
    if said is None:
        said = read_env(home, Problems()).values.get("DEMO_MODE")
    word = (said or "").strip().lower()
    if word not in (*YES, *NO):
        raise SettingsError(f"DEMO_MODE is {glimpse(said)}.", hint="Set it to true or false.")
    return word in YES


def open_to_others(path: Path) -> bool:
    """Whether anybody but the owner may read or write a file, where the system knows owners."""
    return os.name == "posix" and bool(path.stat().st_mode & OTHERS)


def unknown(name: str, known: Iterable[str], noun: str = "setting") -> str:
    """What to say of a name that nobody knows."""
    choices = list(known)
    near = get_close_matches(name, choices, 1)
    if near:
        return f"there is no such {noun}; did you mean {near[0]}?"
    return f"there is no such {noun}" + (f"; known are {', '.join(choices)}" if len(choices) <= FEW else "")


def near_miss(wanted: Sequence[str], environ: Mapping[str, str]) -> str:
    """The variable that was probably meant for one that is missing."""
    for name in wanted:
        near = get_close_matches(name, [one for one in environ if one not in wanted], 1, cutoff=0.9)
        if near:
            return f"; {near[0]} is set: did you mean {name}?"
    return ""

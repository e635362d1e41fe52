"""A user's own units of systemd: files in a folder of theirs, and `systemctl --user`, which reads them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from growthos import programs
from growthos.errors import CannotWriteError
from growthos.folders import cannot_write, make_folders, replace_file
from growthos.schedule import Part

PROGRAM: Final = "systemctl"
WANTED: Final = "timers.target.wants"


def folder() -> Path:
    """Where systemd looks for the units of a user."""
    from platformdirs import user_config_path

    return user_config_path("systemd", appauthor=False) / "user"


def there(files: Iterable[Path]) -> tuple[Part, ...]:
    """Those of these files that are there, as they are."""
    return tuple(Part(str(one), one.read_text("utf-8", errors="replace")) for one in files if one.is_file())


def install(parts: Iterable[Part]) -> bool:
    """Write the units and start their timer; False where there is no systemctl to start it with.

    CannotWriteError where a file cannot be written, or systemctl refuses; then the files are there and not started.
    """
    for part in parts:
        path = Path(part.place)
        try:
            make_folders(path.parent)
            replace_file(path, part.text.encode())
        except OSError as error:
            raise cannot_write(path, error) from error
    if not programs.is_there(PROGRAM):
        return False
    for name in (Path(part.place).name for part in parts if part.place.endswith(".timer")):
        start = f"systemctl --user daemon-reload && systemctl --user enable --now {name}"
        hint = f"The files are written. Where systemd runs for you, start the timer with `{start}`."
        for words in (("daemon-reload",), ("enable", "--now", name)):
            done = programs.run(PROGRAM, "--user", *words, hint=hint)
            if done.returncode:
                raise CannotWriteError(f"The timer was not started: {programs.said(done)}.", hint=hint)
    return True


def remove(parts: Iterable[Part]) -> None:
    """Stop the timer and delete the units. Where systemctl cannot be asked, nothing of the user's runs by it."""
    asks, names = programs.is_there(PROGRAM), [Path(part.place) for part in parts]
    timers = [path.name for path in names if path.suffix == ".timer"]
    if asks:
        programs.run(PROGRAM, "--user", "disable", "--now", *timers, hint="Nothing was changed.")
    for path in (*names, *(names[0].parent / WANTED / name for name in timers)):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(path, error) from error
    if asks:
        programs.run(PROGRAM, "--user", "daemon-reload", hint="The files are gone.")

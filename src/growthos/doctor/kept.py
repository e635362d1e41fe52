"""What the home holds: raw files whole, damaged or none of ours, the database, and how old each source is in it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from growthos import raw
from growthos.coverage import FORGOTTEN
from growthos.doctor.remarks import Remark, error, ok, warning
from growthos.errors import BusyError, DamagedDataError, NoDataError
from growthos.home import Home
from growthos.losses import losses
from growthos.state import State
from growthos.wording import age

FEW: Final = 3


@dataclass(frozen=True, slots=True)
class Described:
    """The zones and currencies of a source, as the published database has them."""

    zones: tuple[str, ...]
    currencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found in a home. `newest`: when the last page was read, by this machine's clock."""

    remarks: tuple[Remark, ...]
    newest: datetime | None
    described: dict[str, Described]
    shop_currency: str | None


def read(home: Home, connected: Collection[str], now: datetime) -> Kept:
    """Look at the raw files and at the database, and change nothing."""
    state, damaged = State.read(home.raw)
    described, currency, database = _database(home)
    files = (*_damaged(home, state, damaged), *_strangers(home))
    return Kept(
        remarks=(*files, *database, *(_age(name, state.loaded_at(name), now) for name in connected)),
        newest=state.touched_at(),
        described=described,
        shop_currency=currency,
    )


def _damaged(home: Home, state: State, damaged: tuple[Path, ...]) -> Iterator[Remark]:
    if damaged:
        said = f"{_count(len(damaged))} damaged: {_some(home.raw, damaged)}"
        yield warning("data", "raw files", said, "`growthos sync` sets them aside and reads their days again.")
    else:
        yield ok("data", "raw files", "every one can be read")
    aside = sorted(home.quarantine.iterdir()) if home.quarantine.is_dir() else []
    if lost := losses(home, state):
        units = ", ".join(f"{one.aside.source} {one.aside.stream} of {one.unit}" for one in lost[:FEW])
        more = f" and {len(lost) - FEW:,} more" if len(lost) > FEW else ""
        hint = "The next sync asks for it again; see `growthos verify`."
        yield error("data", "quarantine", f"damaged and not read again: {units}{more}", hint)
    elif aside:
        said = f"{_count(len(aside))} set aside as damaged"
        hint = f"What they held was read again. Look at the disk; then {home.quarantine} may be deleted."
        yield warning("data", "quarantine", said, hint)


def _strangers(home: Home) -> Iterator[Remark]:
    """Files in raw/ that no sync wrote; those that a killed run left behind are the next run's to clear away."""
    if not home.raw.is_dir():
        return
    ours = set(raw.scan(home.raw))
    found = sorted(
        path for path in home.raw.rglob("*") if path.is_file() and path not in ours and not path.name.endswith(".tmp")
    )
    if found:
        said = f"{_count(len(found))} not of growthos: {_some(home.raw, found)}"
        yield warning("data", "raw files", said, f"They do not count. Move them out of {home.raw}.")


def _count(files: int) -> str:
    return "1 file is" if files == 1 else f"{files:,} files are"


def _some(root: Path, paths: Collection[Path]) -> str:
    names = [str(path.relative_to(root)) for path in list(paths)[:FEW]]
    more = len(paths) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _database(home: Home) -> tuple[dict[str, Described], str | None, tuple[Remark, ...]]:
    import duckdb

    from growthos import warehouse

    try:
        con = warehouse.connect(home.database)
    except NoDataError:
        return {}, None, (ok("data", "database", "none yet"),)
    except BusyError as busy:
        return {}, None, (warning("data", "database", busy.message, busy.hint),)
    except DamagedDataError as damage:
        return {}, None, (error("data", "database", damage.message, damage.hint),)
    try:
        about = con.execute("select data_through, currency from run_info").fetchone()
        rows = con.execute("select source, time_zone, currency from run_sources").fetchall()
    except duckdb.Error as problem:
        hint = "Run `growthos rebuild`: it makes the file anew from the raw files, without asking any source."
        said = f"{home.database.name} is not whole: {str(problem).splitlines()[0]}"
        return {}, None, (error("data", "database", said, hint),)
    finally:
        con.close()
    through, currency = about or (None, None)
    described = {source: Described(_split(zone), _split(money)) for source, zone, money in rows}
    return described, currency, (ok("data", "database", f"data through {through or 'no day yet'}"),)


def _split(names: str | None) -> tuple[str, ...]:
    return tuple(names.split(", ")) if names else ()


def _age(source: str, loaded: datetime | None, now: datetime) -> Remark:
    if loaded is None:
        return ok("data", "last sync", "not read yet", source=source)
    past = now - loaded
    said = f"{age(past)} ago, {loaded.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if past <= FORGOTTEN:
        return ok("data", "last sync", said, source=source)
    hint = f"Run `growthos sync {source}`, and look at what should run it every day."
    return warning("data", "last sync", said, hint, source=source)

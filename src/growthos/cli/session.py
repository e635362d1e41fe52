"""What every command works with: the home, its settings, the clock, the demo or the real thing."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from growthos.cli import process
from growthos.clock import Clock, DemoClock, SystemClock
from growthos.errors import DamagedDataError, NoDataError, SettingsError, UsageError
from growthos.home import DEMO_SEED, Home, path_of
from growthos.redact import SECRETS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.kpis import Kpi
    from growthos.rules import Rule
    from growthos.settings import Settings


@dataclass
class Session:
    """One run of the program. `base` is the home that was chosen; `home` the one that is read and written.

    `raw_csv`: CSV is for programs, which take no text for a formula. `trouble` is what keeps the settings from being
    read at all; only the doctor comes as far with it. `chosen`: the options that chose this home, as they were typed.
    """

    base: Home
    demo: bool = False
    seed: int = DEMO_SEED
    quiet: bool = False
    verbose: bool = False
    raw_csv: bool = False
    trouble: SettingsError | None = None
    chosen: str = ""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    _open: "DuckDBPyConnection | None" = field(default=None, repr=False)

    @property
    def home(self) -> Home:
        return self.base.demo(self.seed) if self.demo else self.base

    @property
    def demo_seed(self) -> int | None:
        """The seed of the demo shop, None where the data are real."""
        return self.seed if self.demo else None

    @cached_property
    def settings(self) -> "Settings":
        from growthos import settings

        if self.demo:
            return settings.demo()
        try:
            return settings.load(self.home, self.environ)
        finally:
            if SECRETS.known:
                process.close_memory()

    @cached_property
    def kpis(self) -> "Mapping[str, Kpi]":
        """The KPIs of the home: the eighteen, then its own; the demo has none of its own."""
        from growthos import own

        return own.kpis(self.settings.kpis)

    @cached_property
    def rules(self) -> "Mapping[str, Rule]":
        """The alert rules of the home: the seven, as they are set, then its own; in the demo the seven as they are."""
        from growthos import own_rules

        return own_rules.rules(self.settings.rules, self.kpis)

    @cached_property
    def clock(self) -> Clock:
        """The wall's, or the demo's: half past midnight after its last day, so that the day is complete."""
        if not self.demo:
            return SystemClock()
        from growthos.demo import LAST_DAY

        return DemoClock(datetime.combine(LAST_DAY + timedelta(days=1), time(0, 30), UTC))

    @staticmethod
    def monotonic() -> float:
        """Seconds as a person feels them, in the demo too."""
        return SystemClock().monotonic()

    @property
    def kept(self) -> Home:
        """The home, where there is anything to look at; NoDataError where there never was, as in a mistyped one."""
        home = self.home
        if not any(one.exists() for one in (home.raw, home.quarantine, home.database, home.logs, home.runs)):
            raise no_data(home)
        return home

    @contextmanager
    def published(self, writes: Path | None = None) -> "Iterator[DuckDBPyConnection]":
        """The published database; a file that breaks while it is read is told as what it is.

        `writes` is the one folder in which files of what is read may be made.

        Within such a block, another one has the same connection: opening costs more than most questions.
        """
        if self._open is not None:
            yield self._open
            return
        if not self.home.database.exists():
            raise no_data(self.home)
        import duckdb

        from growthos.warehouse.database import connect, refused

        con = self._open = connect(self.home.database, writes=writes)
        try:
            yield con
        except duckdb.CatalogException as error:
            raise DamagedDataError(
                f"{self.home.database} lacks what this version of growthos reads: {str(error).splitlines()[0]}",
                hint="Run `growthos rebuild`: it makes the file anew from the raw files, without asking any source.",
            ) from error
        except (
            duckdb.IOException,
            duckdb.FatalException,
            duckdb.SerializationException,
        ) as error:
            meant = refused(self.home.database, error)
            if not isinstance(meant, DamagedDataError):
                raise meant from error
            raise DamagedDataError(
                f"{self.home.database} is damaged: {str(error).splitlines()[0]}",
                hint="Run `growthos rebuild`: it makes the file anew from the raw files, without asking any source.",
            ) from error
        finally:
            self._open = None
            con.close()

    def record(self, error: BaseException) -> Path | None:
        """Write the traceback of a bug to the log of the home; None where there is no such place."""
        import traceback

        from growthos.log import Log

        if not self.home.root.is_dir():
            return None
        log = Log(self.home.logs, "none")
        log.write(SystemClock().now(), "bug", traceback="".join(traceback.format_exception(error)))
        log.close()
        return self.home.logs / "growthos.log"


def no_data(home: Home) -> NoDataError:
    """The error of a report that was asked for before the first sync."""
    return NoDataError(
        f"No data yet in {home.root}.",
        hint="Run `growthos sync`, or look at a whole shop with `growthos demo`; --home chooses another home.",
    )


def working_folder() -> Path:
    """The folder in which growthos was started; UsageError where it has been removed since."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError(
            "The folder in which growthos was started is gone.",
            hint="Change into one that is there, or give --home the whole path of a home.",
        ) from None


def choose_home(given: str | None) -> Home:
    """--home, else GROWTHOS_HOME, else the nearest folder upwards with a growthos.toml, else the user's data folder."""
    if given is not None and not given.strip():
        raise UsageError("--home names no folder.", hint="Name one, or leave the option out.")
    if given is not None:
        root = path_of(given)
        root = root if root.is_absolute() else working_folder() / root
        if root.exists() and not root.is_dir():
            raise UsageError(f"The home {root} is a file.", hint="Name a folder; it is made if it is not there.")
        return Home(root)
    here = working_folder()
    for folder in (here, *here.parents):
        if (folder / "growthos.toml").is_file():
            return Home(folder)
    from platformdirs import user_data_path

    return Home(user_data_path("growthos", appauthor=False))

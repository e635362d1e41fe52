"""The stage between raw files and reports: build and publish, unless what is published is made of just these files."""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from growthos import alert_book, interrupt
from growthos.connectors import find
from growthos.connectors.base import Connector
from growthos.coverage import counting, data_through, orders_begin
from growthos.errors import BusyError, NoDataError
from growthos.home import Home
from growthos.state import State

if TYPE_CHECKING:
    from growthos.settings import Settings
    from growthos.warehouse import Built


def connected(settings: "Settings") -> dict[str, type[Connector]]:
    """The sources whose settings are complete."""
    return {name: one for name, one in find().items() if not one.missing(settings.sources.get(name, {}))}


def is_stale(published: str | None, settings: "Settings", state: State) -> bool:
    """Whether what is published was made of other segments, settings or SQL than there are now."""
    return bool(state.keys()) and published != fingerprint(settings, state)


def build(
    home: Home, settings: "Settings", state: State, run_id: str, started_at: datetime, *, afresh: bool = False
) -> "Built":
    """Build the marts from the segments that count, check them, and publish them if they may be read.

    `afresh`: all of them, as if nothing had been built before.
    """
    from growthos import warehouse

    interrupt.check()
    zone = ZoneInfo(settings.reporting_timezone)
    sources = tuple(
        warehouse.Source(
            name=name,
            data_through=data_through(connector, state, zone, accounts=accounts),
            details_through=data_through(connector, state, zone, details=True, accounts=accounts),
            loaded_at=state.loaded_at(name),
            time_zone=next((state.time_zone(name, account) for account in state.accounts(name)), None),
        )
        for name, connector in connected(settings).items()
        for accounts in [counting(connector, settings.sources[name], state)]
    )
    inputs = warehouse.Inputs(
        run_id=run_id,
        started_at=started_at,
        settings=settings,
        sources=sources,
        history_lower_bound=orders_begin(list(find().values()), state),
        config_hash=fingerprint(settings, state),
        told=alert_book.told(home),
    )
    return warehouse.build(home, state.loads(), inputs, afresh=afresh)


def built_from(home: Home, settings: "Settings", state: State) -> set[Path]:
    """The files whose rows the working database of a large home keeps; none of a small one."""
    from growthos import warehouse

    loads = state.loads()
    there = warehouse.loaded(home, loads, settings)
    return {load.path for load in loads if load.segment in there} if there else set()


def published_fingerprint(home: Home) -> str | None:
    """What the published database was made of; None where there is none, or none that can be read just now.

    Raises DamagedDataError and NewerError as `warehouse.connect` does.
    """
    from growthos import warehouse

    try:
        connection = warehouse.connect(home.database)
    except (NoDataError, BusyError):
        return None  # whoever writes to it keeps what they have: it is replaced, not written to
    try:
        [(found,)] = connection.execute("select config_hash from run_info").fetchall()
        return str(found)
    except ValueError:
        return None
    finally:
        connection.close()


def fingerprint(settings: "Settings", state: State) -> str:
    """A hash over everything that the published numbers are made of."""
    import duckdb

    from growthos.warehouse import SCHEMA, SQL

    made_of = hashlib.sha256(duckdb.__version__.encode())
    for load in state.loads():
        made_of.update(f"{load.segment} {load.days}\n".encode())
    # A segment out of which a person was taken is the same one.
    made_of.update(str(len(state.redacted)).encode())
    shown: dict[str, Any] = settings.model_dump(
        mode="json", exclude={"sources", "notify", "alerts", "kpis", "rules", "sync", "limits"}
    )
    made_of.update(json.dumps([shown, sorted(connected(settings))], sort_keys=True, default=str).encode())
    for path in sorted(SQL.rglob("*.sql")):
        made_of.update(path.read_bytes())
    return f"{SCHEMA}-{made_of.hexdigest()}"

"""Runs sql/checks/: a check asks for the rows that should not exist, and its rows are the evidence.

The first column of a check is a key as text. A check may grade its rows by a column `severity` of its own; without one
each row weighs what the header says.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from growthos.errors import SqlError
from growthos.warehouse.database import is_damage, is_of_the_machine
from growthos.warehouse.sqlfiles import Model

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAMPLE: Final = 5
SEVERITIES: Final = ("critical", "warning")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found. `sample` are keys of the first offending rows; `error` as status: the check itself failed.

    `orders` are those whose rows offend, as far as the check says whose they are.
    """

    name: str
    severity: str
    status: Literal["pass", "fail", "error"]
    failing_rows: int
    sample: tuple[str, ...]
    message: str
    orders: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether nothing may be published."""
        return self.status != "pass" and self.severity == "critical"


@dataclass
class Findings:
    """The rows that checks found, in one look or in several, each at a part of the orders.

    A row that is found in several parts is no order's, and there once. `broken` says by name what checks said that
    raised.
    """

    broken: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Counter[tuple[Any, ...]]] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)

    def look(self, con: "DuckDBPyConnection", models: Sequence[Model]) -> bool:
        """Run all checks but the broken ones; whether none of them raised.

        Where one did, DuckDB takes no more statements in an open transaction: look again, without it.
        """
        import duckdb

        for model in models:
            if model.name in self.broken:
                continue
            try:
                found = con.execute(model.query)
                columns, rows = [name for name, *_ in found.description or []], Counter(found.fetchall())
            except duckdb.Error as error:
                if is_of_the_machine(error) or is_damage(error):
                    raise
                self.broken[model.name] = f"the check itself failed: {str(error).splitlines()[0]}"
                return False
            self.columns[model.name] = columns
            self.rows[model.name] = self.rows.get(model.name, Counter()) | rows
        return True

    def results(self, models: Sequence[Model]) -> tuple[CheckResult, ...]:
        """What came of all checks, the critical ones first."""
        ordered = sorted(models, key=lambda one: (SEVERITIES.index(_severity(one)), one.name))
        return tuple(self._judge(model) for model in ordered)

    def _judge(self, model: Model) -> CheckResult:
        if model.name in self.broken:
            return CheckResult(model.name, model.severity, "error", 0, (), self.broken[model.name])
        columns, rows = self.columns[model.name], [*self.rows[model.name].elements()]
        if not rows:
            return CheckResult(model.name, model.severity, "pass", 0, (), "")
        rows.sort(key=lambda row: str(row[0]))  # DuckDB gives them as it pleases: a sample is to be the same each time
        severity = model.severity
        if "severity" in columns:
            weights = {row[columns.index("severity")] for row in rows}
            severity = next(one for one in SEVERITIES if one in weights)
            rows.sort(key=lambda row: SEVERITIES.index(row[columns.index("severity")]))
        sample = tuple(dict.fromkeys(str(row[0]) for row in rows))[:SAMPLE]
        at = columns.index("order_key") if "order_key" in columns else None
        orders = () if at is None else tuple(dict.fromkeys(row[at] for row in rows if row[at] is not None))
        noun = "row" if len(rows) == 1 else "rows"
        return CheckResult(
            model.name, severity, "fail", len(rows), sample, f"{len(rows):,} {noun}. {model.doc}", orders
        )


def run(con: "DuckDBPyConnection", models: Sequence[Model], broken: dict[str, str]) -> tuple[CheckResult, ...] | None:
    """The results of all checks, the critical ones first.

    None where one of them raised: DuckDB takes no more statements in that transaction. It is then in `broken`, by
    name, with what it said, and counts as failed the next time.
    """
    found = Findings(broken)
    return found.results(models) if found.look(con, models) else None


def write(con: "DuckDBPyConnection", results: Sequence[CheckResult], run_id: str) -> None:
    """Keep the results in `dq_results`."""
    con.execute("""
        create table dq_results (
            run_id varchar, check_name varchar, severity varchar, status varchar, failing_rows bigint, sample varchar,
            message varchar
        )
    """)
    con.executemany(
        "insert into dq_results values (?, ?, ?, ?, ?, ?, ?)",
        [
            (run_id, one.name, one.severity, one.status, one.failing_rows, json.dumps(one.sample), one.message)
            for one in results
        ],
    )


def _severity(model: Model) -> str:
    if model.severity not in SEVERITIES:
        raise SqlError(f"{model.label} must say `-- severity: critical` or `-- severity: warning`.")
    return model.severity

"""Builds a large home: what has changed, and no more than that.

The working database keeps the parsed rows of all segments (`kept`). A build parses the new ones, finds the orders and
customers whose rows can be different for it (`universe`), makes those by the same files as ever, and puts them in the
place of the old ones. What is published is refreshed, not copied: the file of the build before the last takes the
differences of two builds and is renamed into place.

What cannot be told to reach a few orders (other settings, a change of what is common to all and has no file in
sql/reach/) makes all marts anew from the kept rows; other SQL makes the kept rows anew as well. A build may be cut off
anywhere: `pending` is cleared last, and what it names is made again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from growthos.home import Home
from growthos.load import Load
from growthos.warehouse import (
    anew,
    checks,
    kept,
    lasting,
    making,
    messages,
    publish,
    rejects,
    relations,
    spare,
    sqlfiles,
    universe,
)
from growthos.warehouse.anew import Anew
from growthos.warehouse.built import Built
from growthos.warehouse.checks import CheckResult
from growthos.warehouse.database import WORKING, literal, naming
from growthos.warehouse.inputs import Inputs, variables
from growthos.warehouse.messages import Message
from growthos.warehouse.parts import Parts
from growthos.warehouse.sqlfiles import Model
from growthos.warehouse.staging import Rows, sum_up
from growthos.warehouse.working import digest, remember

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FEW: Final = 4
"""Where more than one order in so many may have changed, all are made: that costs as much and leaves no gaps."""
_OF_A_RUN: Final = {
    *("run_id", "run_started_at", "run_finished_at", "config_hash", "data_through", "sources", "earliest_order"),
}


@dataclass
class Increment:
    """One build on the working database of a large home; the names of `parts` are made, those of `fed` are kept."""

    con: "DuckDBPyConnection"
    home: Home
    loads: Sequence[Load]
    inputs: Inputs
    models: dict[str, Model]
    parts: Parts
    fed: dict[str, frozenset[kept.Stream]]
    settings: str = ""
    memory: dict[str, str] = field(default_factory=dict)
    before: str = ""

    def build(self) -> Built:
        """Bring everything up to date, check it, and publish it if it may be read."""
        con = self.con
        self.memory = dict(con.execute("from memory").fetchall())
        given = variables(self.inputs)
        self.settings = digest({name: one for name, one in given.items() if name not in _OF_A_RUN})
        relations.define_macros(con)
        relations.set_variables(con, given | {"earliest_order": ("timestamp", self.memory.get("earliest"))})
        con.execute("begin")
        self._look_for_malformed(*kept.update(con, self.models, self.fed, self.loads))
        con.execute("commit")
        con.execute("delete from run_rows")
        streams = kept.every(self.fed)
        relations.define_raw(con, [load for load in self.loads if (load.source, load.stream) not in streams])
        self._forget_rejects(self.parts.common)
        common = making.make(con, self.models, self.parts.common, self.inputs.run_id)
        making.refuse(con)
        built = self._build_changes(common) if self._attach() and self._find_touched() else None
        return built or self._build_all(common)

    def _build_changes(self, common: tuple[Rows, ...]) -> Built | None:
        """Make the rows of the universe and put them in their place; None where all orders have to be looked at."""
        con, run_id = self.con, self.inputs.run_id
        for kind in self.parts.staging_of:
            self._look_at(kind, f"touched_{kind}")
        looked_at = [*common, *making.make(con, self.models, self.parts.staging, run_id, by_order=True)]
        making.make(con, self.models, self.parts.alone, run_id)
        if universe.close(con) * _FEW > self._one("select count(*) from before.main.fact_orders"):
            return None
        looked_at += self._stage_others("customers")
        lasting.complete(con, self.parts.shared)
        making.make(con, self.models, self.parts.together, run_id)
        lasting.narrow(con, (*self.parts.shared, universe.BUYERS))
        looked_at += self._stage_others("orders")
        making.make(con, self.models, self.parts.after, run_id)
        if self._one("select history_start::varchar from history") != self.memory.get("history"):
            return None
        new, lags = spare.take(self.home, self.memory.get("spare_run"))
        spare.refresh(con, new, self.parts.published, lags=lags)
        broken: dict[str, str] = {}
        results = None
        while results is None:
            con.execute("begin")
            self._put_in_place()
            rows = sum_up(con, [*looked_at, *making.make(con, self.models, self.parts.whole, run_id)])
            if self._one("select history_start::varchar from run_info") != self.memory.get("history"):
                con.execute("rollback")
                return None
            warnings = messages.collect(con, rejects.totals(con, rows))
            for name in self._by_order():
                con.execute(f"create or replace temporary view {name} as from part_of_{name}")
            results = checks.run(con, self._checks(), broken)
            if results is None:
                con.execute("rollback")
        if not self._keep_results(results):
            return self._built(results, rows, warnings, published=False)
        spare.note(con, self.parts.published, self.before, again=self._again())
        con.execute("commit")
        self._publish(new)
        self._remember(results)
        return self._built(results, rows, warnings)

    def _stage_others(self, kind: str) -> tuple[Rows, ...]:
        """Make the staged rows of those of the universe who are not touched, beside those that were made of who is."""
        con, names = self.con, self.parts.staging_of[kind]
        others = f"from universe_{kind} select key where key not in (from touched_{kind})"
        con.execute(f"create temporary table other_{kind} as {others}")
        if not self._one(f"select count(*) from other_{kind}"):  # noqa: S608  our own
            return ()
        self._look_at(kind, f"other_{kind}")
        return making.make_more(con, self.models, names, self.inputs.run_id)

    def _look_at(self, kind: str, keys: str) -> None:
        """Let the kept rows of some orders or customers stand for all, and forget what was put aside of them."""
        kept.restrict(self.con, self.models, kind, f"place in (select hash(key) from {keys})")  # noqa: S608  our own
        for name in self.parts.staging_of[kind]:
            rejects.forget(self.con, self.models[name], f"whose in (select key from {keys})")  # noqa: S608  our own

    def _put_in_place(self) -> None:
        """Let the names of what is by order stand for all: the rows of the universe are in, those of before out."""
        con = self.con
        lasting.exchange(con, self.models, self.parts)
        for name in self.parts.published:
            con.execute(f"alter table temp.main.{name} rename to part_of_{name}")
            con.execute(f"create temporary view {name} as from after.main.{name}")

    def _publish(self, new: Path) -> None:
        """Add to the refreshed file what is made whole each time, and rename it into place."""
        con = self.con
        con.execute("begin")
        for name in publish.published(self.models):
            if name not in self.parts.published:
                con.execute(f"create or replace table after.main.{name} as from {name}")
        con.execute("commit")
        con.execute("detach after")
        con.execute("detach before")
        spare.swap(new, self.home)

    def _build_all(self, common: tuple[Rows, ...]) -> Built:
        """Make the rows of all orders from those that are kept, and publish them in a file of their own."""
        con = self.con
        self._clear()
        self._forget_rejects(self.parts.staging)
        made = Anew(con, self.home, self.models, self.parts, self.inputs.run_id)
        made.open()
        rows = common + made.stage()
        made.make()
        warnings = messages.collect(con, rows)
        results = made.check()
        con.execute("begin")
        passed = self._keep_results(results)
        con.execute("commit")
        if passed:
            publish.remove(self.home.work / spare.FILE)
            publish.copy_marts(con, self.models, self.home, at_once=anew.ORDERS)
            self._remember(results)
        return self._built(results, rows, warnings, published=passed)

    def _attach(self) -> bool:
        """Open what is published as `before`; whether it is what the last build on this database made."""
        import duckdb

        try:
            self.con.execute(f"attach {literal(str(self.home.database))} as before (read_only)")
            self.before = self._one("select run_id from before.main.run_info")
        except (duckdb.Error, ValueError):
            return False
        return self.before in {self.memory.get("run"), self.memory.get("candidate")}

    def _again(self) -> bool:
        """Whether what the last build wrote down here has not been published."""
        return self.memory.get("candidate", self.before) != self.before

    def _find_touched(self) -> bool:
        """Whose rows have changed; false where that is all, or cannot be told."""
        con = self.con
        if self.memory.get("settings") != self.settings:
            return False
        for name in self.parts.published:
            con.execute(f"create temporary view {name} as from before.main.{name}")
        con.execute("create temporary table touched_by_others (order_key varchar)")
        reaches = sqlfiles.find(sqlfiles.SQL, "reach")
        for name in self.parts.inputs:
            there = f"{WORKING}.main.seen_{name}"
            con.execute(
                "create or replace temporary table changes as "  # noqa: S608  our own
                f"select *, true as is_new from (from {name} except from {there}) union all "
                f"select *, false as is_new from (from {there} except from {name})"
            )
            if self._one("select count(*) from changes"):
                if name not in reaches:
                    return False
                with naming(reaches[name].label):
                    con.execute(f"insert into touched_by_others {reaches[name].query}")
        universe.touch(con, again=self._again())
        for name in self.parts.published:
            con.execute(f"drop view {name}")
        return True

    def _keep_results(self, results: Sequence[CheckResult]) -> bool:
        """Write down what the checks found, in the open transaction if all is well, else in one of its own."""
        passed = not any(result.blocks for result in results)
        if not passed:
            self.con.execute("rollback")
            self.con.execute("begin")
        self.con.execute("drop table if exists dq_results")
        checks.write(self.con, results, self.inputs.run_id)
        self.con.execute("delete from memory where name = 'candidate'")
        self.con.execute("insert into memory values ('candidate', $run)", {"run": self.inputs.run_id})
        if not passed:
            self.con.execute("commit")
        return passed

    def _remember(self, results: Sequence[CheckResult]) -> None:
        """What the next build has to know of this one, which is published now."""
        con = self.con
        told = {
            "run": self.inputs.run_id,
            "settings": self.settings,
            "earliest": self._one(f"select min(created_at)::varchar from {WORKING}.main.order_days"),  # noqa: S608  our own
            "history": self._one("select history_start::varchar from run_info"),
        }
        remember(con, told, self.parts.inputs, sorted({key for result in results for key in result.orders}))

    def _look_for_malformed(self, new: Sequence[Load], thinned: frozenset[kept.Stream]) -> None:
        """Look for pages that are no JSON in new segments, and in all of what is not kept or has lost some."""
        streams = kept.every(self.fed) - thinned
        pages = [(one[0], one[2]) for one in relations.page_streams(self.loads) if one[:2] not in streams]
        rejects.forget_pages(self.con, pages)
        fresh = {load.segment for load in new}
        look = [load for load in self.loads if (load.source, load.stream) not in streams or load.segment in fresh]
        rejects.put_malformed_aside(self.con, look, self.inputs.run_id)

    def _forget_rejects(self, names: Sequence[str], where: str = "true") -> None:
        for name in names:
            rejects.forget(self.con, self.models.get(name), where)

    def _clear(self) -> None:
        """Take away what an attempt to build less has left: its relations, and the files that it opened."""
        making.clear(self.con, self.parts.common)
        for (name,) in self.con.execute(
            "select database_name from duckdb_databases() where database_name in ('before', 'after')"
        ).fetchall():
            self.con.execute(f"detach {name}")

    def _by_order(self) -> tuple[str, ...]:
        return (*self.parts.lasting, *self.parts.published)

    def _checks(self) -> list[Model]:
        return [one for one in self.models.values() if one.layer == "checks"]

    def _one(self, query: str) -> Any:
        [(value,)] = self.con.execute(query).fetchall()
        return value

    def _built(
        self,
        results: Sequence[CheckResult],
        rows: Sequence[Rows],
        warnings: Sequence[Message],
        *,
        published: bool = True,
    ) -> Built:
        return Built(
            published,
            tuple(results),
            tuple(rows),
            self.inputs.data_through,
            tuple(warnings),
            rejects.by_source(self.con),
        )

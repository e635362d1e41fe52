"""A build of changes comes to the same as a build of everything, whatever has changed and however it was cut off."""

import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from changing_shop import ChangingShop
from warehouse_fixtures import Raw, build, home, new

from growthos import warehouse
from growthos.warehouse import increments, sqlfiles

OF_A_RUN = {"run_info": "run_id, started_at, finished_at, config_hash", "dq_results": "run_id, sample"}


class Twins:
    """Two homes with the same raw files, of which one builds what has changed and the other everything."""

    def __init__(self, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
        self.one, self.other = new(tmp_path / "one"), new(tmp_path / "other")
        self.builds = 0

    def build(self, told: str) -> list[warehouse.Built]:
        """Build both and compare what came of it."""
        self.builds += 1
        folder = self.other.folder
        self.other.loads = [
            replace(load, path=Path(shutil.copy(load.path, folder / load.path.name))) for load in self.one.loads
        ]
        built = []
        for raw, least in ((self.one, 0), (self.other, 1 << 60)):
            self.patch.setattr(warehouse, "LARGE", least)
            built.append(build(raw, inputs={"run_id": f"{self.builds:016x}"}))
        one, other = built
        assert one.published == other.published, told
        assert marts(self.one) == marts(self.other), told
        assert rejects(self.one) == rejects(self.other), told
        assert (one.warnings, one.rejected) == (other.warnings, other.rejected), told
        return built


def marts(raw: Raw) -> dict[str, Any]:
    """Every row of what is published, but for what tells of the run."""
    with duckdb.connect(home(raw).database, read_only=True) as con:
        tables = [name for (name,) in con.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        return {
            name: sorted(
                map(str, con.execute(f"from {name} select * exclude ({OF_A_RUN.get(name, 'nothing')})").fetchall())
            )
            if name in OF_A_RUN
            else sorted(map(str, con.execute(f"from {name}").fetchall()))
            for name in tables
            if name != "run_rows"
        }


def rejects(raw: Raw) -> list[Any]:
    with duckdb.connect(home(raw).warehouse, read_only=True) as con:
        return sorted(con.execute("select source, entity, external_id, reason from stg_rejects").fetchall())


@pytest.mark.parametrize(
    ("seed", "steps"), [(0, 6), *(pytest.param(seed, 12, marks=pytest.mark.chaos) for seed in range(1, 25))]
)
def test_a_build_of_changes_comes_to_the_same_as_one_of_everything(
    seed: int, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(increments, "_FEW", 0)
    ways: list[str] = []
    for name in ("_build_changes", "_build_all"):
        monkeypatch.setattr(increments.Increment, name, _noting(ways, getattr(increments.Increment, name)))
    twins = Twins(tmp_path, monkeypatch)
    shop = ChangingShop(twins.one, random.Random(seed))
    shop.begin()
    told = [f"seed {seed}"]
    twins.build(told[0])
    for _ in range(steps):
        told += [", ".join(shop.step())]
        twins.build("; ".join(told))
    assert ways[0] == "_build_all"
    assert ways.count("_build_changes") > 3


def _noting(ways: list[str], way: Any) -> Any:
    def noted(*args: Any) -> Any:
        made = way(*args)
        if made is not None:
            ways.append(way.__name__)
        return made

    return noted


def test_orders_of_a_source_whose_rows_are_not_kept_are_built_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tmp_path / "sql"
    shutil.copytree(sqlfiles.SQL, files)
    (files / "staging" / "stg_toy__customers.sql").write_text(TOY)
    monkeypatch.setattr(sqlfiles, "SQL", files)
    monkeypatch.setattr(warehouse, "LARGE", 0)
    monkeypatch.setattr(increments, "_FEW", 0)
    raw = new(tmp_path)
    shop = ChangingShop(raw, random.Random(1))
    shop.begin()
    for _ in range(2):
        assert build(raw).published
        with duckdb.connect(home(raw).database, read_only=True) as con:
            assert con.execute("select count(*) from dim_customer where source = 'toy'").fetchall() == [(1,)]
        shop.step()


TOY = """-- A customer of a source that reads no pages.
-- grain: customer_key
select
    '1' as external_id,
    'toy' as source,
    'toy:1' as customer_key,
    null::varchar as email_sha256,
    null::varchar as country,
    null::varchar as region,
    1::bigint as customer_number,
    0::bigint as number_of_orders,
    timestamp '2026-01-01' as created_at,
    null::varchar as reject_reason,
    null::varchar as payload
"""

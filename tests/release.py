"""The raw files of a release, and what is built from them: later versions must read them and come to the same.

`PYTHONPATH=src:tests python tests/release.py` writes tests/releases/<version>/ for the version that is installed; a
release does it once, and nobody ever changes what is there.
"""

import json
import shutil
import tempfile
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from small_shop import START, WHEN_READ, small_shop
from stage import Stage

from growthos import pipeline, warehouse
from growthos.clock import DemoClock
from growthos.home import Home

RELEASES = Path(__file__).with_name("releases")
DAYS = 7
Marts = dict[str, dict[str, Any]]


def stage(root: Path, patch: pytest.MonkeyPatch) -> Stage:
    """A week of the demo shop, which are the same in every release."""
    return Stage(root, patch, history=DAYS, shop=small_shop(DAYS))


def built(of: Stage, known: Marts | None = None) -> Marts:
    """Build from the raw files alone; then the columns, the number of rows and a hash over them, of each mart.

    Of the marts and columns that are `known`, and no others, where those are given.
    """
    report = pipeline.rebuild(Home(of.root), of.settings(), DemoClock(START), pipeline.Watcher(), demo=True)
    assert (report.exit_code, report.notices) == (0, ())
    con = warehouse.connect(Home(of.root).database)
    try:
        query = (
            "select table_name, list(column_name order by column_name) from duckdb_columns() "
            f"where table_name ~ '(dim|fact)_.*' and column_name <> '{WHEN_READ}' group by all order by all"
        )
        there = con.execute(query).fetchall()
        marts = there if known is None else [(name, told["columns"]) for name, told in known.items()]
        return {name: {"columns": columns, **content(con, name, columns)} for name, columns in marts}
    finally:
        con.close()


def content(con: Any, name: str, columns: list[str]) -> dict[str, Any]:
    """Of these columns of a mart: how many rows, and a hash that no version of DuckDB has a say in."""
    texts = ", ".join(f"{column}::varchar" for column in columns)
    rows = sorted(json.dumps(row) for row in con.execute(f"select {texts} from {name}").fetchall())
    return {"rows": len(rows), "sha256": sha256("\n".join(rows).encode()).hexdigest()}


def write(place: Path) -> None:
    """The raw files of a first sync, and the marts that they come to."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        of = stage(Path(folder) / "home", patch)
        assert of.sync().exit_code == 0
        shutil.copytree(of.root / "raw", place / "raw")
        (place / "marts.json").write_text(json.dumps(built(of), indent=1) + "\n")


if __name__ == "__main__":
    write(RELEASES / version("growthos"))

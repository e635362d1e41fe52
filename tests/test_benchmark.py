"""The benchmark's own sums, and that what it measures does what it says; the long runs are its command's."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import benchmark
import benchmark_tasks
import big_shop
import duckdb
import httpx
import pytest
from benchmark import Figures, Row
from benchmark_rivals import parse

ORDERS = 300


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("benchmark") / "home"
    big_shop.make(home, ORDERS, 10)
    return home


def test_medians_are_compared() -> None:
    rival = Row("reading", "a loop", tuple(Figures(cpu, 1.0, 100.0) for cpu in (4.0, 2.0, 9.0)))
    own = Row("reading", "growthos", tuple(Figures(cpu, 2.0, 50.0) for cpu in (5.0, 6.0, 7.0)), rival)
    assert own.ratio == 1.5
    assert benchmark.table([own, rival]).splitlines()[2:] == [
        "| reading | growthos | 6.00 | 5.00 | 2.0 | 50 | 1.50x |",
        "| reading | a loop | 4.00 | 2.00 | 1.0 | 100 |  |",
    ]


def test_the_plot_draws_what_has_a_rival() -> None:
    rows = [Row("a & b", whom, (Figures(cpu, 1.0, 1.0),)) for whom, cpu in (("growthos", 1.0), ("a loop", 4.0))]
    drawn = ET.fromstring(benchmark.plot([*rows, Row("alone", "growthos", (Figures(1.0, 1.0, 1.0),))]))
    bars = [int(one.attrib["width"]) for one in drawn if one.tag.endswith("rect")]
    assert bars == [90, 360]
    assert "alone" not in "".join(drawn.itertext())


def test_a_process_is_measured_with_all_that_it_starts() -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    told = benchmark.measure(
        (sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])")
    )
    assert told.cpu >= 0.3
    assert told.memory > 1
    with pytest.raises(SystemExit, match="no such thing"):
        benchmark.measure((sys.executable, "-c", "raise SystemExit('no such thing')"))


def test_the_bare_statement_finds_every_order(home: Path, tmp_path: Path) -> None:
    parse(str(home / "raw"), str(tmp_path))
    with duckdb.connect(str(tmp_path / "orders.duckdb"), read_only=True) as con:
        assert con.execute("select count(*), count(distinct id) from orders").fetchone() == (ORDERS, ORDERS)


def test_the_server_answers_a_loop_with_the_pages_that_are_kept(home: Path) -> None:
    pages = benchmark_tasks.Pages(home)
    query = pages.plan[0]
    asked = {"operationName": "GrowthOrders", "variables": {"query": query, "after": None}}
    body = pages.answer(httpx.Request("POST", "http://127.0.0.1/", json=asked))
    assert body == pages.lists["GrowthOrders", query, None]
    anew = {"operationName": "GrowthOrders", "variables": {"query": "updated_at:>='further on'", "after": None}}
    second = pages.answer(httpx.Request("POST", "http://127.0.0.1/", json=anew))
    assert second == pages.lists["GrowthOrders", query, json.loads(body)["data"]["orders"]["pageInfo"]["endCursor"]]
    assert len(pages.refunds) == big_shop.Truth.of(home).refunds

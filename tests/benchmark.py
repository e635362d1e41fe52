"""The benchmark: growthos beside what else there is, in one run on one machine.

    python tests/benchmark.py --quick                  small sizes, some minutes
    python tests/benchmark.py [--runs 3] [--svg FILE]  the sizes of the table in the README

Every row is measured in processes of their own, growthos and its rivals in turn: processor seconds (user and system, of
the process and all that it starts), wall seconds, and the largest process's memory. The median counts; the least stands
beside it. On a busy machine believe the ratios.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
PYTHON = sys.executable
GROWTHOS = (PYTHON, "-c", "from growthos.cli import main; main()")
# As an installed program is started: compiled once, not each time.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
DAY = 1000
"""New orders of the day whose sync is measured."""


@dataclass(frozen=True)
class Figures:
    """What one run cost: processor and wall seconds, megabytes of the largest process."""

    cpu: float
    wall: float
    memory: float


@dataclass(frozen=True)
class Row:
    """One line of the table: `what`, by `whom`, its runs; `against` names the line that it is compared with."""

    what: str
    whom: str
    runs: tuple[Figures, ...]
    against: "Row | None" = None

    @property
    def cpu(self) -> float:
        return statistics.median(one.cpu for one in self.runs)

    @property
    def ratio(self) -> float | None:
        """How many times as much as the other."""
        return self.cpu / self.against.cpu if self.against else None

    def cells(self) -> tuple[str, ...]:
        """As it is printed."""
        wall = statistics.median(one.wall for one in self.runs)
        least = min(one.cpu for one in self.runs)
        memory = max(one.memory for one in self.runs)
        ratio = f"{self.ratio:.2f}x" if self.ratio is not None else ""
        return (self.what, self.whom, f"{self.cpu:.2f}", f"{least:.2f}", f"{wall:.1f}", f"{memory:.0f}", ratio)


def measure(command: Sequence[str], *, telling: bool = False) -> Figures:
    """Run a command to its end; SystemExit with what it said where it fails.

    `telling`: it prints the processor and wall seconds of what matters, as it sets up more than that.
    """
    began = time.monotonic()
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=told, stderr=said, env=ENVIRONMENT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read().decode()}")
        told.seek(0)
        cpu, wall = used.ru_utime + used.ru_stime, time.monotonic() - began
        if telling:
            cpu, wall = map(float, told.read().split())
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Figures(cpu, wall, used.ru_maxrss / scale)


def compare(what: str, runs: int, *ways: tuple[str, Callable[[], Sequence[str]]]) -> list[Row]:
    """Measure several ways in turn; the first is growthos, and the ratios are its to each of the others.

    A way makes a fresh command for each run.
    """
    found: list[list[Figures]] = [[] for _ in ways]
    for _ in range(runs):
        for place, (_, command) in enumerate(ways):
            found[place].append(measure(command()))
    rivals = [Row(what, whom, tuple(figures)) for (whom, _), figures in zip(ways[1:], found[1:], strict=True)]
    own = Row(what, ways[0][0], tuple(found[0]), rivals[0] if rivals else None)
    return [own, *rivals]


class Benchmark:
    """All rows, in a folder that is thrown away afterwards."""

    def __init__(self, root: Path, runs: int) -> None:
        self.root, self.runs, self.count = root, runs, 0

    def folder(self) -> str:
        """A new one."""
        self.count += 1
        place = self.root / f"place{self.count}"
        place.mkdir()
        return str(place)

    def demo(self) -> list[Row]:
        """The demo, from nothing and again; what every command costs before it does anything."""
        home = self.folder()
        typer = (PYTHON, str(HERE / "benchmark_rivals.py"), "typer", "--help")
        return [
            *compare(
                "demo, empty to KPIs", self.runs, ("growthos", lambda: (*GROWTHOS, "--home", self.folder(), "demo"))
            ),
            *self._in_demo(home),
            *compare("--help", self.runs, ("growthos", lambda: (*GROWTHOS, "--help")), ("typer hello", lambda: typer)),
        ]

    def _in_demo(self, home: str) -> list[Row]:
        measure((*GROWTHOS, "--home", home, "demo"))
        return [
            *compare("demo again, nothing new", self.runs, ("growthos", lambda: (*GROWTHOS, "--home", home, "demo"))),
            *compare(
                "kpis on the demo", self.runs, ("growthos", lambda: (*GROWTHOS, "--home", home, "--demo", "kpis"))
            ),
        ]

    def reading(self, orders: int, dlt: Path | None) -> list[Row]:
        """A first read over loopback, against a loop that does the same by hand, and dlt."""
        shop = self.shop(orders)
        task = str(HERE / "benchmark_tasks.py")
        server = subprocess.Popen((PYTHON, task, "serve", shop), stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            rivals = str(HERE / "benchmark_rivals.py")
            ways: list[tuple[str, Callable[[], Sequence[str]]]] = [
                ("growthos, into raw files", lambda: (PYTHON, task, "read", address, shop, self.folder())),
                ("httpx + Parquet + DuckDB", lambda: (PYTHON, rivals, "loop", address, self.folder())),
            ]
            if dlt:
                ways.append(("dlt into DuckDB", lambda: (str(dlt), rivals, "dlt", address, self.folder())))
            return compare(f"{orders:,} orders over loopback", self.runs, *ways)
        finally:
            server.terminate()
            server.wait()

    def rebuilding(self, orders: int) -> list[Row]:
        """Everything from the raw files, against one statement over the same files."""
        shop = self.shop(orders)
        return compare(
            f"{orders:,} orders from raw files",
            self.runs,
            ("growthos rebuild, all marts", lambda: (*GROWTHOS, "--home", shop, "-q", "rebuild")),
            ("DuckDB: parse, latest", lambda: (
                PYTHON, str(HERE / "benchmark_rivals.py"), "parse", f"{shop}/raw", self.folder())),
        )  # fmt: skip

    def days(self, sizes: Sequence[int]) -> list[Row]:
        """The same day on top of histories of several sizes; the ratio is to the smallest."""
        task, rows = str(HERE / "benchmark_tasks.py"), list[Row]()
        for size in sizes:
            shop = self.shop(size)
            measure((*GROWTHOS, "--home", shop, "-q", "rebuild"))
            measure((PYTHON, task, "day", shop, str(DAY)))
            day = (PYTHON, task, "day", shop, str(DAY))
            runs = tuple(measure(day, telling=True) for _ in range(self.runs))
            what = f"a day of {DAY:,} new orders"
            rows.append(Row(what, f"growthos, after {size:,}", runs, rows[0] if rows else None))
        return rows

    def shop(self, orders: int) -> str:
        """A home of its own with so many orders."""
        home = self.folder()
        measure((PYTHON, str(HERE / "big_shop.py"), "--orders", str(orders), "--home", home))
        return home


def with_dlt(root: Path) -> Path | None:
    """A Python that has dlt, in an environment of its own; None, and why, where it cannot be installed."""
    place = root / "dlt"
    python = place / "bin" / "python"
    try:
        subprocess.run((PYTHON, "-m", "venv", str(place)), check=True, capture_output=True)
        subprocess.run((python, "-m", "pip", "install", "-q", "dlt[duckdb]", "httpx", "pyarrow"), check=True,
                       capture_output=True)  # fmt: skip
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"dlt is left out, as it cannot be installed here: {error}", file=sys.stderr)  # noqa: T201
        return None
    return python


HEADINGS = ("What", "By", "CPU s", "least", "wall s", "MB", "to the rival")
QUOTED = (
    "Growth OS, the system that growthos replaces, is documented with 114 CPU s for a demo of 2,894 orders, and 109 for"
    " a second run that doubles its rows; it was not measured here."
)


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    lines = [HEADINGS, ("---", "---", *("---:" for _ in HEADINGS[2:])), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plot(rows: Sequence[Row]) -> str:
    """The rows that have a rival as bars in SVG; within a subject the longest bar is the dearest."""
    subjects: dict[str, list[Row]] = {}
    for row in rows:
        subjects.setdefault(row.what, []).append(row)
    parts, y = list[str](), 24
    for what, some in subjects.items():
        if len(some) < 2:
            continue
        most = max(row.cpu for row in some)
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{escape(what)}</text>')
        for row in some:
            y += 22
            color = "#2f7d5b" if row is some[0] else "#9aa3ad"
            width = max(2, round(360 * row.cpu / most))
            parts.append(f'<text x="8" y="{y}">{escape(row.whom)}</text>')
            parts.append(f'<rect x="230" y="{y - 12}" width="{width}" height="15" fill="{color}"/>')
            parts.append(f'<text x="{238 + width}" y="{y}">{row.cpu:.2f} CPU s</text>')
        y += 34
    look = 'font-family="sans-serif" font-size="13" style="background: #fff"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{y}" {look}>'
    return "\n".join([head, *parts, "</svg>\n"])


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--orders", type=int, help="a size of your own for reading and rebuilding")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured")
    parser.add_argument("--only", choices=("demo", "reading", "rebuilding", "days"), action="append")
    parser.add_argument("--svg", type=Path, help="draw the rows that have a rival")
    parser.add_argument("--dlt", type=Path, help="a Python that has dlt, in place of installing it")
    asked = parser.parse_args()
    reading, rebuilding, days = (20_000, 50_000, (20_000, 100_000)) if asked.quick else (
        200_000, 1_000_000, (100_000, 1_000_000, 10_000_000))  # fmt: skip
    reading, rebuilding = (asked.orders or reading, asked.orders or rebuilding)
    with tempfile.TemporaryDirectory(prefix="growthos-benchmark-") as folder:
        benchmark = Benchmark(Path(folder), asked.runs)
        rows = list[Row]()
        for name, one in {
            "demo": benchmark.demo,
            "reading": lambda: benchmark.reading(reading, asked.dlt or with_dlt(Path(folder))),
            "rebuilding": lambda: benchmark.rebuilding(rebuilding),
            "days": lambda: benchmark.days(days),
        }.items():
            if not asked.only or name in asked.only:
                rows += one()
                print(table(rows), "", sep="\n", flush=True)  # noqa: T201
    print(QUOTED)  # noqa: T201
    if asked.svg:
        asked.svg.write_text(plot(rows))


if __name__ == "__main__":
    main()

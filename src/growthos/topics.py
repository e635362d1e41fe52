"""What `growthos help TOPIC` says of what belongs to no single command; its tables come from what is declared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from growthos.errors import ExitCode

VARIABLES = {
    "GROWTHOS_HOME": "The home, where `--home` does not name another.",
    "DEMO_MODE": "`true`: every command works on the demo shop, as with `--demo`.",
    "GROWTHOS_CACHE": "Where the one file unpacks itself.",
    "NO_COLOR": "Set to anything: no colour. So does `TERM=dumb`, and a stream that is no terminal.",
    "COLUMNS": "How wide a table may be, where the terminal does not tell.",
}
"""Those that belong to no source."""

EXIT_CODES = """\
# Exit codes

Zero always means that all that was asked for is done. Firing alerts leave it at zero unless `--fail-on` names their
level, so that a line of cron does not fail because a shop does.

{codes}
"""
ENVIRONMENT = """\
# Variables of the environment

The environment wins over `.env` in the home, and both over `growthos.toml`. A variable that is set to nothing counts as
not set. `growthos connections` shows which are set, and where; never their values.

{variables}
"""
DATES = """\
# Days, windows and zones

`--since` is the first day of a window and `--until` the last; both count. Without them a window is the 7 days that end
with the last day that every connected source has whole. It is compared with as many days before it.

| Word | Day |
| --- | --- |
| `2026-03-29` | that day |
| `7d` | the 7 days that end with the last complete one, or with `--until`; any number will do |
| `yesterday` | the day before today, in the reporting zone |
| `mtd` | this month, from its first day |
| `last-month` | the month before this one |

Orders are cut into days by `reporting_timezone`. Ad platforms and GA4 deliver days of their own zone, which cannot be
cut again. Every heading names the days and the zone.
"""
FORMATS = """\
# Formats

What was asked for goes to stdout, or to the file of `-o`; progress, warnings and errors go to stderr. So
`growthos kpis --format json | jq .` never meets a word that is no JSON. A file of `-o` is written whole or not at all,
and in the format that its name ends in, unless `--format` says another.

| Format | What it is |
| --- | --- |
| `table` | for people: never cuts a number; drops or stacks columns where a terminal is narrow |
| `json` | for programs: `schema_version`, money in cents, ratios as decimals, null for what is not known |
| `csv` | a header and rows; text that a spreadsheet would take for a formula is guarded, unless `--raw-csv` |
| `markdown` | for mail and chat |
| `parquet`, `xlsx` | rows of `sql` and `export`, in files |
"""
HOME = """\
# The home

One home is one shop. It is `--home`, else `GROWTHOS_HOME`, else the nearest folder upwards that holds a
`growthos.toml`, else the user's data folder.

| In it | What it is |
| --- | --- |
| `growthos.toml` | settings |
| `.env` | secrets, for its owner alone |
| `alerts.json` | what was told of alerts, and silences |
| `growthos.duckdb` | the tables as they were last published; any DuckDB tool may hold it open |
| `raw/` | every answer of every source, byte for byte; all tables are made from it |
| `work/` | the database that builds, and the counts of calls |
| `quarantine/` | files that were damaged |
| `logs/`, `runs/` | every call, and every run |
| `demo/` | the demo shop, laid out like a home |

To keep it, copy `growthos.toml`, `.env`, `alerts.json` and `raw/`: `growthos rebuild` makes the rest again without
asking any source. To be rid of growthos, remove the home and the program; there is nothing else, and nothing was ever
sent to us.
"""


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of help: what it is about in a few words, and how its Markdown is made."""

    title: str
    page: Callable[[], str]


def listed() -> str:
    """All of them, as Markdown."""
    rows = [(f"`growthos help {name}`", topic.title) for name, topic in TOPICS.items()]
    return f"# Topics\n\n{_table(('Command', 'What it tells'), rows)}\n"


def _exit_codes() -> str:
    return EXIT_CODES.format(codes=_table(("Code", "Meaning"), [(str(code.value), code.meaning) for code in ExitCode]))


def _environment() -> str:
    from growthos import catalog

    variables = _table(("Variable", "What it is"), [(f"`{name}`", about) for name, about in VARIABLES.items()])
    return ENVIRONMENT.format(variables=f"{variables}\n\n{catalog.settings()}")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TOPICS = {
    "exit-codes": Topic("how a command ends, for cron and scripts", _exit_codes),
    "environment": Topic("variables, of growthos and of each source", _environment),
    "dates": Topic("the words that --since and --until take", lambda: DATES),
    "formats": Topic("table, json, csv, markdown; what goes to stdout", lambda: FORMATS),
    "home": Topic("what a home holds, what to keep, how to remove it", lambda: HOME),
}

"""The files of sql/: what each says of itself, and the order in which they need each other.

A file is one SELECT under a header of comments: a sentence, then `-- grain: column, column`, and where they apply
`-- temporary` (an intermediate: neither united with other sources' nor published), `-- severity: critical|warning`
(checks) and `-- expects: stg__entity(column TYPE, ...)` (an entity of which there may be nothing: no file, or no source
that has been read; a list that is long goes on in another such line).

Five marks say how a large home builds no more than what has changed (`increments`): `-- kept: column` (each row is
made of one page, so the rows of a segment are kept; the column, if any, tells whose they are), `-- lasting` (an
intermediate by order that is kept for all orders), `-- sums` (sums over lasting ones by the columns of its grain, from
which those of some orders may be taken, and to which they may be added), `-- together` (it looks at all orders of a
customer, not at those alone that changed) and `-- whole` (it looks at all orders).
Which relations a file reads, DuckDB's own parser says; the name is the plug: all `stg_<source>__<entity>` together are
`stg__<entity>`.
"""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from growthos.errors import SqlError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_INSIDE: Final = Path(__file__).parents[1] / "sql"
SQL: Final = _INSIDE if _INSIDE.is_dir() else Path(__file__).parents[3] / "sql"
_STAGING = re.compile(r"stg_(?P<source>[a-z0-9_]+?)__(?P<entity>[a-z0-9_]+)")
_MARK = re.compile(r"-- (grain|severity|expects|kept): (.+)")
_FLAGS: Final = ("-- temporary", "-- kept", "-- lasting", "-- sums", "-- together", "-- whole")
_EXPECTED = re.compile(r"(stg__\w+)\((.+)\)")


@dataclass(frozen=True, slots=True)
class Model:
    """One file. `layer` is its folder, `doc` the sentence that opens it, `grain` the columns that tell its rows apart.

    `kept` names the column that tells whose a kept row is, and is empty where that matters to nobody.

    `expects` are the columns of entities that it reads and that no source has to provide.
    """

    name: str
    layer: str
    path: Path
    query: str
    doc: str
    grain: tuple[str, ...]
    severity: str
    temporary: bool
    expects: Mapping[str, str]
    kept: str | None = None
    lasting: bool = False
    sums: bool = False
    together: bool = False
    whole: bool = False

    @property
    def label(self) -> str:
        """The file as a person names it."""
        return f"sql/{self.layer}/{self.path.name}"

    @property
    def source(self) -> str:
        """The source of a staging file."""
        return self._plug()["source"]

    @property
    def entity(self) -> str:
        """What a staging file is about."""
        return self._plug()["entity"]

    def _plug(self) -> dict[str, str]:
        found = _STAGING.fullmatch(self.name)
        if found is None:
            raise SqlError(f"{self.label} is not named stg_<source>__<entity>.sql.")
        return found.groupdict()


def read(path: Path) -> Model:
    """A file and what its header says."""
    query = path.read_text(encoding="utf-8")
    lines = query.splitlines()
    header = lines[: next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))]
    marks: dict[str, list[str]] = {"grain": [], "severity": [], "expects": [], "kept": []}
    for line in header:
        if found := _MARK.fullmatch(line.strip()):
            marks[found[1]].append(found[2])
    words = [line.removeprefix("--").strip() for line in header if not _MARK.match(line) and line not in _FLAGS]
    expected: dict[str, list[str]] = {}
    for one in filter(None, map(_EXPECTED.fullmatch, marks["expects"])):
        expected.setdefault(one[1], []).append(one[2])
    return Model(
        name=path.stem,
        layer=path.parent.name,
        path=path,
        query=query,
        doc=" ".join(words),
        grain=tuple(column.strip() for text in marks["grain"] for column in text.split(",")),
        severity="".join(marks["severity"]),
        temporary="-- temporary" in header,
        expects={name: ", ".join(columns) for name, columns in expected.items()},
        kept="".join(marks["kept"]) if marks["kept"] or "-- kept" in header else None,
        lasting="-- lasting" in header,
        sums="-- sums" in header,
        together="-- together" in header,
        whole="-- whole" in header,
    )


def find(folder: Path, *layers: str) -> dict[str, Model]:
    """Every file of these layers, by name."""
    return {path.stem: read(path) for layer in layers for path in sorted((folder / layer).glob("*.sql"))}


def reads(con: "DuckDBPyConnection", models: Iterable[Model]) -> dict[str, set[str]]:
    """The relations each file names, its own CTEs included; raises SqlError naming the file that is not one SELECT."""
    models = list(models)
    if new := [model.query for model in models if model.query not in _TOLD]:
        _TOLD.update(zip(new, con.execute(_READS, {"queries": new}).fetchall(), strict=True))
    named = {}
    for model in models:
        error, statements, names = _TOLD[model.query]
        if error is not None:
            raise SqlError(f"{model.label} cannot be read as one SELECT: {error}.")
        if statements != 1:
            raise SqlError(f"{model.label} is more than one SELECT.")
        named[model.name] = set(names)
    return named


_TOLD: Final[dict[str, tuple[str | None, int, list[str]]]] = {}
"""What `_READS` says of each text: the same in every build of a process."""
_READS: Final = """
with trees as (select json_serialize_sql(unnest($queries)) as tree)
select
    tree ->> '$.error_message',
    json_array_length(tree, '$.statements'),
    json_extract_string(tree, '$..table_name')
from trees
"""


def sources_of(entity: str) -> set[str]:
    """The sources that have something to tell of an entity."""
    files = (SQL / "staging").glob(f"stg_*__{entity}.sql")
    return {found["source"] for path in files if (found := _STAGING.fullmatch(path.stem))}


def unions(models: Mapping[str, Model]) -> dict[str, list[str]]:
    """The members of every `stg__<entity>`; none where a file only expects it."""
    members: dict[str, list[str]] = {}
    for model in models.values():
        if model.layer == "staging" and not model.temporary:
            members.setdefault(f"stg__{model.entity}", []).append(model.name)
        for expected in model.expects:
            members.setdefault(expected, [])
    return members


def read_of(models: Mapping[str, Model], named: Mapping[str, set[str]], sources: AbstractSet[str]) -> dict[str, Model]:
    """The files without those of staging of which nothing can come, for only these sources have been read.

    What marts expect of their entities stands in for them. All files of a source stay if one is not expected by any, or
    reads no pages; `named` are the relations that each file names.
    """
    expected = {name for model in models.values() for name in model.expects}

    def reads_pages(name: str) -> bool:
        return any(one.startswith("raw_") or (one in models and reads_pages(one)) for one in named[name] - {name})

    staging = [model for model in models.values() if model.layer == "staging"]
    stays = {
        one.source
        for one in staging
        if not one.temporary and not (f"stg__{one.entity}" in expected and reads_pages(one.name))
    }
    return {
        name: model for name, model in models.items() if model.layer != "staging" or model.source in {*sources, *stays}
    }


def order(models: Mapping[str, Model], named: Mapping[str, set[str]]) -> list[str]:
    """Names of files and of unions, each after all that it reads; `named` are the relations that each file names."""
    united = unions(models)
    needs: dict[str, set[str]] = {name: set(members) for name, members in united.items()}
    for name in models:
        needs[name] = named[name] & (models.keys() | united.keys())
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise SqlError(f"These files of sql/ need each other in a circle: {', '.join(error.args[1])}.") from error

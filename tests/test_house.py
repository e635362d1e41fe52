"""The house stands as it was drawn: arrows point one way, and each library is known where it belongs."""

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}


@cache
def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever the import stands, those for type checkers included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def ours(path: Path) -> set[str]:
    found = imports(path)
    deepest = {name for name in found if name in MODULES}
    return {name for name in deepest if not any(other.startswith(f"{name}.") for other in deepest)}


@cache
def for_types_alone(path: Path) -> set[str]:
    """What stands under `if TYPE_CHECKING`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for inner in node.body:
                if isinstance(inner, ast.Import):
                    found.update(alias.name for alias in inner.names)
                elif isinstance(inner, ast.ImportFrom) and inner.module:
                    found.add(inner.module)
                    found.update(f"{inner.module}.{alias.name}" for alias in inner.names)
    return found


def test_imports_never_go_round_in_a_circle():
    """Type-only imports aside, every module can be understood after the ones it imports."""
    graph = {name: ours(path) - for_types_alone(path) - {name} for name, path in MODULES.items()}
    assert list(TopologicalSorter(graph).static_order())


def test_the_demo_knows_nothing_of_ours_but_itself():
    """That is what makes it a witness."""
    for name, path in MODULES.items():
        if name.startswith("growthos.demo"):
            strangers = {one for one in imports(path) if one.startswith("growthos")}
            assert all(one == "growthos.demo" or one.startswith("growthos.demo.") for one in strangers), name


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("rich", ("growthos.render", "growthos.cli")),
        ("typer", ("growthos.cli",)),
        ("httpx", ("growthos.connectors", "growthos.demo")),
        ("tenacity", ("growthos.connectors",)),
        ("google", ("growthos.connectors",)),
        ("pyarrow", ("growthos.raw",)),
        ("xlsxwriter", ("growthos.render.excel",)),
        ("smtplib", ("growthos.notify.smtp",)),
        ("certifi", ("growthos.notify.smtp",)),
        ("tomlkit", ("growthos.settings.template",)),
        ("jinja2", ("growthos.render.weekly_html",)),
        ("markupsafe", ("growthos.render.weekly_html",)),
    ],
)
def test_a_library_is_known_only_where_it_belongs(library, rooms):
    for name, path in MODULES.items():
        knows = {one for one in imports(path) - for_types_alone(path) if one.split(".")[0] == library}
        assert not knows or name.startswith(rooms), name


def test_nobody_below_the_command_line_asks_the_clock():
    for name, path in MODULES.items():
        text = path.read_text()
        asks = any(call in text for call in ("datetime.now(", "date.today(", "time.time(", "utcnow("))
        assert not asks or name == "growthos.clock" or name.startswith("growthos.cli"), name


def test_modules_are_short():
    """A module is read in one go; lists may grow a little longer."""
    long = {name: lines for name, path in MODULES.items() if (lines := len(path.read_text().splitlines())) > 350}
    assert not long

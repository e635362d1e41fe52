"""Help: a page for each command and topic, true to what is declared; and what a shell completes."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer.main
from readme import every_command
from rich.console import Console

from growthos import catalog, cli, connectors, dates
from growthos.cli import completion, options
from growthos.cli.app import app
from growthos.errors import ExitCode
from growthos.home import DEMO_SEED, Home
from growthos.kpis import KPIS
from growthos.render.prose import Laid
from growthos.topics import TOPICS, VARIABLES

ROOT = Path(__file__).parents[1]
PROGRAM = typer.main.get_command(app)
NAMED = {"SOURCE", "KPI", "NAME", "DAY", "FORMAT", "LEVEL", "DIMENSION", "LENGTH", "ALERT", "TARGET"}
"""What stands in a usage for something that has names of its own."""
FREE = {("trace", "name"), ("trace", "day"), ("alerts", "author")}
"""An order and a person are anybody's to name, and an order's day is a date."""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command, those below another as well, with the names that lead to it."""
    for name, command in every_command():
        yield tuple(name.split()[1:]), command


ALL = list(commands())


def test_without_a_name_it_shows_all_commands_and_all_topics(run: Run) -> None:
    code, out, _ = run("help")

    assert code == 0
    assert all(f" {name}" in out for (name, *below), _ in ALL if not below)
    assert all(f"growthos help {name}" in out for name in TOPICS)


@pytest.mark.parametrize("names", [names for names, _ in ALL], ids=" ".join)
def test_the_help_of_a_command_is_what_the_command_itself_shows(run: Run, names: tuple[str, ...]) -> None:
    assert run("help", *names) == run(*names, "--help")


@pytest.mark.parametrize("names", [names for names, _ in ALL], ids=" ".join)
def test_on_a_terminal_of_80_columns_only_sentences_are_broken(
    run: Run, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    """Each example keeps its line, each paragraph flows, and no option that takes nothing looks as if it did."""
    monkeypatch.setenv("COLUMNS", "80")
    shown = [line.strip() for line in run("help", *names)[1].splitlines()]
    command = dict(ALL)[names]

    assert [
        line
        for line in map(str.strip, command.epilog.replace("\\[", "[").splitlines())
        if line[:1] != "[" and line not in shown
    ] == []
    assert "<bool>" not in "".join(shown)
    about = shown[: next(n for n, line in enumerate(shown) if line[:1] == "╭")]
    assert [one for one, then in pairwise(about) if one and then and len(f"{one} {then.split()[0]}") <= 78] == []


def test_no_name_is_cut_on_a_terminal_of_80_columns() -> None:
    page = drawn_at(80, TOPICS["environment"].page())

    assert all(one.env in page for source in connectors.find().values() for one in source.settings)
    assert "…" not in page.replace("G-… id", "").replace("(shpat_…)", "")


def test_sentences_beside_long_names_have_room_on_a_terminal_of_80_columns() -> None:
    """Where a table has none for them, each row of it is a small list, without what is empty."""
    page = drawn_at(80, TOPICS["environment"].page())

    assert "\n  What it is: OAuth client of your Google Cloud project." in page
    assert re.findall(r"\n  Required: (\w*)", page) == ["yes", "yes"]
    assert re.search(r"\n access_token +META_ACCESS_TOKEN +System user token with ads_read\. +yes", page)


@pytest.mark.parametrize("width", [30, 60])
def test_nor_is_any_letter_of_it_on_a_narrower_one(width: int) -> None:
    page = drawn_at(width, "| Variable | What it is |\n| --- | --- |\n| `GOOGLE_APPLICATION_CREDENTIALS` | a b c |\n")

    assert "…" not in page
    assert "CREDENTIALS" in "".join(page.split())


def drawn_at(width: int, markdown: str) -> str:
    """A page as a terminal of that width shows it."""
    console = Console(width=width, file=StringIO(), force_terminal=True, no_color=True, highlight=False)
    with console.capture() as shown:
        console.print(Laid(markdown))
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.get())


@pytest.mark.parametrize("name", TOPICS)
def test_each_topic_is_a_page_with_a_title(run: Run, name: str) -> None:
    code, out, err = run("help", name)

    assert (code, err) == (0, "")
    assert re.match(r"# \w", out)


def test_every_exit_code_is_told_with_its_meaning() -> None:
    page = TOPICS["exit-codes"].page()

    assert [f"| {code.value} | {code.meaning} |" in page for code in ExitCode] == [True] * len(ExitCode)


def test_every_variable_is_told_and_is_one_that_is_read() -> None:
    page = TOPICS["environment"].page()
    known = [one.env for source in connectors.find().values() for one in source.settings]
    files = [*ROOT.glob("src/**/*.py"), *ROOT.glob(".ci/binary/*")]
    code = "".join(path.read_text() for path in files if path.name != "topics.py")

    assert all(f"`{name}`" in page for name in [*VARIABLES, *known])
    ours = VARIABLES.keys() - {"COLUMNS"}  # which Rich reads
    assert [name for name in ours if name not in code] == []


def test_everything_in_a_home_is_told() -> None:
    """But the lock, which nobody keeps or looks into."""
    home = Home(Path("/srv/shop"))
    places = [getattr(home, name) for name in dir(Home) if isinstance(getattr(Home, name), property)]
    top = {place.name for place in places if place.parent == home.root} - {home.lock.name}

    page = TOPICS["home"].page()
    assert len(top) == len([*dataclasses.fields(Home)]) + 8
    assert all(f"`{name}`" in page or f"`{name}/`" in page for name in {*top, home.demo(DEMO_SEED).root.name})


def test_every_word_for_a_day_is_told_and_completed() -> None:
    words = dates.Today(dates.EARLIEST).words()

    assert all(f"| `{word}` |" in TOPICS["dates"].page() for word in words)
    assert {word for word, _ in completion.days("")} >= set(words)


def test_every_format_is_told() -> None:
    page = TOPICS["formats"].page()

    assert all(f"`{name}`" in page for name in (*options.FORMATS, *options.FILES))


def test_an_unknown_name_gets_the_nearest(run: Run) -> None:
    code, _, err = run("help", "exit-code")

    assert code == ExitCode.USAGE
    assert "There is no command or topic 'exit-code'. Did you mean exit-codes?\n" in err
    assert "Topics are exit-codes, environment, dates, formats, home." in err
    assert "Did you mean" not in run("help", "zzz")[2]
    assert run("help", "sync", "now")[0] == ExitCode.USAGE


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        pytest.param(names[0], one, id=f"{' '.join(names)} {one.name}")
        for names, command in ALL
        for one in command.params
        if one.metavar in NAMED and (names[0], one.name) not in FREE
    ],
)
def test_whatever_has_names_is_completed(name: str, parameter: Any) -> None:
    """In the help of each command what is written in capitals, if it is of a kind that has names."""
    context = typer.Context(dict(ALL)[name,], info_name=name, parent=typer.Context(PROGRAM))

    assert [one.value for one in parameter.shell_complete(context, "")]


def completed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str) -> list[str]:
    """What bash is offered for a line, whose last word is still being written."""
    monkeypatch.setenv("_GROWTHOS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    assert cli.run([]) == 0
    return capsys.readouterr().out.split()


def test_a_table_that_holds_tables_alone_is_completed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert completed(monkeypatch, capsys, "growthos settings cost")[:2] == ["costs", "costs.margin_bps"]
    assert completed(monkeypatch, capsys, "growthos settings not")[:2] == ["notify", "notify.slack"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("growthos kpis rev", ["revenue_gross", "revenue_net"]),
        ("growthos kpis aov rev", ["revenue_gross", "revenue_net"]),
        ("growthos kpis --demo ro", ["roas"]),
        ("growthos kpis --by c", ["channel", "campaign"]),
        ("growthos sync s", ["shopify"]),
        ("growthos explain unique", ["unique_grain"]),
        ("growthos alerts --fail-on c", ["critical"]),
        ("growthos kpis --since la", ["last-month"]),
        ("growthos help exi", ["exit-codes"]),
        ("growthos sql --format x", ["xlsx"]),
        ("growthos kpis zz", []),
        ("growthos settings costs.p", ["costs.payment", "costs.payment.bps_of_total", "costs.payment.per_order_cents"]),
        ("growthos settings ca", ["calendar"]),
        ("growthos settings notify.sl", ["notify.slack", "notify.slack.url", "notify.slack.min"]),
    ],
)
def test_values_are_completed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, offered: list[str]
) -> None:
    assert completed(monkeypatch, capsys, line) == offered


OWN = """
[kpis.profit]
formula = "contribution_margin - ad_spend"
unit = "money"
label = "$(touch /tmp/x)"
[kpis."a; b"]
[rules.profit_low]
kpi = "profit"
below = "1.00"
"""


@pytest.mark.parametrize(
    ("text", "line", "offered"),
    [
        (OWN, "growthos kpis pro", ["profit"]),
        (OWN, "growthos why pro", ["profit"]),
        (OWN, "growthos explain pro", ["profit", "profit_low"]),
        (OWN, "growthos alerts silence pro", ["profit_low"]),
        ("\ufeff" + OWN.lstrip(), "growthos kpis pro", ["profit"]),
        (OWN, "growthos --demo kpis pro", []),
        (OWN, "growthos kpis a;", []),
        ("[kpis", "growthos kpis ro", ["roas"]),
        ("kpis = 1", "growthos kpis ro", ["roas"]),
        ("[" * 5000, "growthos kpis ro", ["roas"]),
    ],
)
def test_names_of_the_homes_own_are_completed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    text: str,
    line: str,
    offered: list[str],
) -> None:
    Home(tmp_path).settings.write_text(text)
    monkeypatch.chdir(tmp_path)
    assert completed(monkeypatch, capsys, line) == offered
    monkeypatch.chdir("/")
    monkeypatch.setenv("GROWTHOS_HOME", str(tmp_path))
    assert completed(monkeypatch, capsys, line) == offered
    monkeypatch.delenv("GROWTHOS_HOME")
    assert "profit" not in completed(monkeypatch, capsys, line)


def test_a_shell_is_given_no_label_of_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Home(tmp_path).settings.write_text(OWN)
    monkeypatch.setenv("GROWTHOS_HOME", str(tmp_path))
    monkeypatch.setenv("_GROWTHOS_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "growthos kpis pro")
    assert cli.run([]) == 0
    out = capsys.readouterr().out
    assert "profit" in out
    assert "touch" not in out


def test_what_is_completed_is_what_is_accepted() -> None:
    context = typer.Context(PROGRAM)
    assert {name for name, _ in completion.kpis(context, "")} == set(KPIS)
    assert {name for name, _ in completion.sources("")} == set(connectors.find())
    for name, _ in completion.entries(context, ""):
        assert catalog.explain(name)
    for word, _ in completion.days(""):
        dates.since_when(word, None, dates.Today(dates.EARLIEST.replace(year=2026)))
    for word, _ in completion.last_days(""):
        dates.day(word, dates.Today(dates.EARLIEST.replace(year=2026)), "--until")

"""The business review in sections, before anybody decides whether it becomes HTML or Markdown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from growthos.alert_report import Alert
from growthos.catalog import first_sentence
from growthos.kpis import KPIS, Kpi
from growthos.render import alert_page, check_page, reconcile_page
from growthos.render.charts import SPARK, Card, Chart, chart, marked, spark
from growthos.render.kpi_page import whole
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.plot_page import name_of, told
from growthos.render.text import NOTHING, clean
from growthos.render.values import amount, movement
from growthos.render.weekly_cohorts import Ages, cohorts
from growthos.render.weekly_story import Panels, asked, judged, story
from growthos.render.weekly_tables import campaigns, channels, funnel
from growthos.weekly import DRAWN, HEADLINES, Review
from growthos.wording import age

Paper = Literal["html", "markdown"]

WEEK = 7
COVERAGE = {"source_behind", "window_past_data", "window_before_history"}


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of what and how."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cards:
    """Headline KPIs side by side; the table stands in their place where nothing can be drawn."""

    cards: tuple[Card, ...]
    table: Table


@dataclass(frozen=True, slots=True)
class Charts:
    """Charts side by side; `numbers` are all values that are drawn, `table` says the same in a few lines."""

    charts: tuple[Chart, ...]
    numbers: Table
    table: Table


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the review under a heading; `slug` is its place in a page."""

    slug: str
    title: str
    blocks: "tuple[Content, ...]"


Content = Block | Facts | Cards | Charts | Panels | Ages


def title(found: Review) -> str:
    """What the review is called, by the length of its days."""
    return "Weekly business review" if len(found.report.period) == WEEK else "Business review"


def facts(found: Review) -> Facts:
    """The shop, the days, and how far the data reach."""
    report = found.report
    days = "1 day" if len(report.period) == 1 else f"{len(report.period)} days"
    return Facts(
        (
            ("Shop", clean(found.asking.shop)),
            ("Days", f"{report.period.first} to {report.period.last} ({days})"),
            ("Compared with", f"{report.previous.first} to {report.previous.last}"),
            ("Zone", report.timezone),
            ("Currency", report.currency),
            ("Data through", str(report.data_through or "no day yet")),
        )
    )


def banner(found: Review) -> tuple[Note, ...]:
    """What to know before any number: that they are not those of the last build, or that days of them are not whole."""
    failed = () if found.last.published else check_page.banner(found.last, found.shown, found.asking.at)
    late = (Note(clean(one.message, limit=None), "warn") for one in found.report.warnings if one.code in COVERAGE)
    return (*(note for note in failed if isinstance(note, Note)), *late)


def sections(found: Review) -> tuple[Section, ...]:
    """All that the review says, in the order in which it is read."""
    return (
        Section("headline", "Headline", (_cards(found),)),
        Section("what-happened", "What happened and why", tuple(story(found))),
        Section("kpis", "All KPIs", (_all(found),)),
        Section("over-time", "Over time", (_charts(found),)),
        Section("channels", "By channel", tuple(channels(found))),
        Section("campaigns", "By campaign", tuple(campaigns(found))),
        Section("funnel", "From visit to purchase", tuple(funnel(found))),
        Section("cohorts", "Cohorts", tuple(cohorts(found.cohorts))),
        Section("alerts", "Alerts", tuple(_alerts(found))),
        Section("quality", "Data quality and freshness", tuple(_quality(found))),
        Section("glossary", "What the KPIs mean", (_glossary(found),)),
        Section("made", "How this was made", (_made(found),)),
    )


def _cards(found: Review) -> Cards:
    cards = tuple(_card(found, name) for name in HEADLINES)
    columns = (
        Column("KPI"),
        Column("Value", numeric=True),
        Column("Change", numeric=True),
        Column("Before", numeric=True),
    )
    rows = ((Cell(one.label), Cell(one.value, "strong"), one.movement, Cell(one.previous or NOTHING)) for one in cards)
    return Cards(cards, Table("", columns, tuple(rows)))


def _card(found: Review, name: str) -> Card:
    row, kpi, currency = found.row(name), KPIS[name], found.report.currency
    points = found.series[name].points
    return Card(
        label=kpi.label,
        value=amount(row.now.value, kpi, currency),
        movement=judged(movement(kpi, row.now.value, row.before.value, row.change, row.delta)),
        previous="" if row.before.value is None else amount(row.before.value, kpi, currency),
        told=told(found.series[name], points),
        spark=spark([one.part.value for one in points], marked(points, found.report.period), SPARK),
    )


def _all(found: Review) -> Table:
    """The table of `kpis`, with the days as bars."""
    table = whole(found.report)
    rows: list[tuple[Cell, ...]] = [
        (label, value, before, judged(change), spark(row.days, [True] * len(row.days)))
        for (label, value, before, change, _), row in zip(table.rows, found.report.rows, strict=True)
    ]
    return Table("", table.columns, tuple(rows))


def _charts(found: Review) -> Charts:
    drawn = [found.series[name] for name in DRAWN]
    charts = tuple(chart(one, found.report.period) for one in drawn)
    per = drawn[0].per
    numbers = Table(
        f"By {per}",
        (Column(per.capitalize()), *(Column(one.kpi.label, numeric=True) for one in drawn)),
        tuple(
            (
                Cell(name_of(points[0], per)),
                *(
                    Cell(amount(point.part.value, one.kpi, found.report.currency))
                    for one, point in zip(drawn, points, strict=True)
                ),
            )
            for points in zip(*(one.points for one in drawn), strict=True)
        ),
    )
    columns = (Column("KPI"), Column(f"By {per}"), Column("In words", prose=True))
    rows = ((Cell(one.title), Cell(one.spark), Cell(one.told)) for one in charts)
    return Charts(charts, numbers, Table("", columns, tuple(rows)))


def _alerts(found: Review) -> Iterator[Block]:
    """Every rule and how it stands, and the days that were unusual; what to do about those that fire is told above."""
    elsewhere = {clean(one.message, limit=None) for one in found.alerts.warnings}
    if found.alerts.firing:
        yield Note("What to do about those that fire stands under what happened.", "dim")
    yield from asked(found)
    for block in alert_page.page(found.alerts, every=True):
        if isinstance(block, Table):
            yield _graded(block, found) if block.columns == alert_page.EVERY else block
        elif isinstance(block, Note) and block.text not in elsewhere:
            yield block


def _graded(table: Table, found: Review) -> Table:
    """The table of all rules; of each that fires, how grave it is, and whether it is held back."""
    rows = (
        (name, scope, _grave(alert, state) if alert.state == "firing" else state, *rest)
        for (name, scope, state, *rest), alert in zip(table.rows, found.alerts.alerts, strict=True)
    )
    return Table("", table.columns, tuple(rows))


def _grave(alert: Alert, state: Cell) -> Cell:
    said = [alert_page.STATES[alert.state], alert.severity, *alert_page.held_back(alert)]
    return Cell(", ".join(said), state.tone)


def _quality(found: Review) -> Iterator[Block]:
    yield from (Note(clean(text, limit=None), "warn") for text in _warnings(found))
    yield Table(
        "Sources",
        (Column("Source"), Column("Complete through"), Column("Last read")),
        tuple(
            (
                Cell(one.source),
                Cell(str(one.data_through or NOTHING)),
                Cell(f"{age(found.asking.at - one.read_at)} ago", "bad" if one.stale(found.asking.at) else "")
                if one.read_at
                else Cell(NOTHING),
            )
            for one in found.readings
        ),
    )
    yield from _titled("Checks of the last build", check_page.page(found.last))
    yield from _titled("Our totals beside the sources' own", reconcile_page.page(found.reconciliation))


def _titled(title_: str, page: Page) -> Iterator[Block]:
    """A page of another command within the review; its first table bears its name."""
    for block in page:
        if isinstance(block, Table) and title_:
            yield Table(title_, block.columns, block.rows)
            title_ = ""
        elif not isinstance(block, Heading):
            yield block


def _warnings(found: Review) -> Iterator[str]:
    """What a reader has to know, each once."""
    notices = (*found.report.warnings, *found.alerts.warnings)
    yield from dict.fromkeys(one.message for one in notices)
    for one in found.readings:
        if one.read_at and one.stale(found.asking.at):
            yield f"{one.source} was last read {age(found.asking.at - one.read_at)} ago; does anything still run it?"
    yield from (f"{source} failed in the last run: {said}" for source, said in found.errors)


def _glossary(found: Review) -> Table:
    rows = ((Cell(clean(row.kpi.label)), Cell(clean(_meaning(row.kpi), limit=None))) for row in found.report.rows)
    return Table("", (Column("KPI"), Column("What it is", prose=True)), tuple(rows))


def _meaning(kpi: Kpi) -> str:
    """What is said of a KPI first, without its name where it begins with that: `Payback: days until …`."""
    text = first_sentence(kpi.doc).removeprefix(f"{kpi.label.partition(', ')[0]}: ")
    return f"{text[:1].upper()}{text[1:]}"


def _made(found: Review) -> Facts:
    asking, built_at = found.asking, found.shown.finished_at
    built = f", published {built_at:%Y-%m-%d %H:%M} UTC" if built_at else ""
    return Facts(
        (
            ("Made by", f"growthos {asking.version}, {asking.at:%Y-%m-%d %H:%M} UTC"),
            ("From", f"run {found.run_id}{built}"),
            ("Again", asking.command),
        )
    )

"""The business review in sections, before anybody decides whether it becomes HTML or Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from growthos import measures
from growthos.catalog import first_sentence
from growthos.kpis import KPIS
from growthos.measures.comparison import relative
from growthos.measures.values import Value, safe_div
from growthos.money import places
from growthos.render import alert_page, check_page, reconcile_page
from growthos.render.charts import SPARK, Card, Chart, Meter, chart, marked, spark
from growthos.render.kpi_page import whole
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.plot_page import name_of, told
from growthos.render.text import NOTHING, clean
from growthos.render.values import amount, movement, pp, written
from growthos.render.weekly_cohorts import Ages, cohorts
from growthos.render.weekly_story import Panels, lower, story
from growthos.weekly import CAMPAIGNS, CHANNELS, DRAWN, HEADLINES, Place, Review, Step
from growthos.wording import age, count, percent

Paper = Literal["html", "markdown"]

WEEK = 7
MOST = 20
"""As many campaigns as the table shows; `growthos kpis --by campaign` has all."""
JUDGED = {"good": "better", "bad": "worse"}
ABBREVIATED = 4
"""KPIs with names as short as these are known by them."""


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


def banner(found: Review) -> Page:
    """What to say above all numbers where they are not those of the last build."""
    return () if found.last.published else check_page.banner(found.last, found.shown, found.asking.at)


def sections(found: Review) -> tuple[Section, ...]:
    """All that the review says, in the order in which it is read."""
    return (
        Section("headline", "Headline", (_cards(found),)),
        Section("what-happened", "What happened and why", tuple(story(found))),
        Section("kpis", "All KPIs", (_all(found),)),
        Section("over-time", "Over time", (_charts(found),)),
        Section("channels", "By channel", tuple(_channels(found))),
        Section("campaigns", "By campaign", tuple(_campaigns(found))),
        Section("funnel", "From visit to purchase", tuple(_funnel(found))),
        Section("cohorts", "Cohorts", tuple(cohorts(found.cohorts))),
        Section("alerts", "Alerts", tuple(_alerts(found))),
        Section("quality", "Data quality and freshness", tuple(_quality(found))),
        Section("glossary", "What the KPIs mean", (_glossary(),)),
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
    rows = ((Cell(one.label), Cell(one.value, "strong"), one.movement, Cell(one.previous)) for one in cards)
    return Cards(cards, Table("", columns, tuple(rows)))


def _card(found: Review, name: str) -> Card:
    row, kpi, currency = found.row(name), KPIS[name], found.report.currency
    points = found.series[name].points
    return Card(
        label=kpi.label,
        value=amount(row.now.value, kpi, currency),
        movement=_judged(movement(kpi, row.now.value, row.before.value, row.change, row.delta)),
        previous=amount(row.before.value, kpi, currency),
        told=told(found.series[name], points),
        spark=spark([one.part.value for one in points], marked(points, found.report.period), SPARK),
    )


def _judged(cell: Cell) -> Cell:
    """How a KPI moved, and whether that is good, in a word: not everybody sees the colour."""
    word = JUDGED.get(cell.tone)
    return Cell(f"{cell.text}, {word}", cell.tone) if word else cell


def _all(found: Review) -> Table:
    """The table of `kpis`, with the days as bars."""
    table = whole(found.report)
    rows: list[tuple[Cell, ...]] = [
        (label, value, before, _judged(change), spark(row.days, [True] * len(row.days)))
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


def _channels(found: Review) -> Iterator[Block]:
    if not found.channels:
        yield Note("Nothing happened in any channel.", "dim")
        return
    yield _places(found, "Channel", found.channels, CHANNELS)
    yield Note(
        "Net revenue is that of the last click before the order, MER the same over spend; ROAS is as the ad platforms "
        "claim it.",
        "dim",
    )


def _campaigns(found: Review) -> Iterator[Block]:
    if not found.campaigns:
        yield Note("No campaign did anything in these days or in those before.", "dim")
        return
    table = _places(found, "Campaign", found.campaigns[:MOST], CAMPAIGNS)
    first, *columns = table.columns
    yield Table(
        "",
        (first, Column("Channel"), *columns),
        tuple((row[0], Cell(one.channel), *row[1:]) for row, one in zip(table.rows, found.campaigns, strict=False)),
    )
    if len(found.campaigns) > MOST:
        yield Note(
            f"{len(found.campaigns) - MOST:,} more with less spend; `growthos kpis --by campaign` has all.", "dim"
        )


def _places(found: Review, first: str, places_: Sequence[Place], names: Sequence[str]) -> Table:
    """A row for each place; beside the first of its numbers, which can be added up, stands how it moved."""
    lead, *others = names
    columns = (Column(_head(lead), numeric=True), Column("Change", numeric=True))
    return Table(
        "",
        (Column(first), *columns, *(Column(_head(name), numeric=True) for name in others)),
        tuple(
            (
                Cell(clean(one.name)),
                Cell(_value(found, lead, one.now[lead]), "strong"),
                _change(lead, one),
                *(Cell(_value(found, name, one.now[name])) for name in others),
            )
            for one in places_
        ),
    )


def _head(name: str) -> str:
    """What a column is called: a KPI by its abbreviation where it has one."""
    if name in KPIS:
        return name.upper() if len(name) <= ABBREVIATED else KPIS[name].label
    return f"{measures.COUNTS[name]}s".capitalize()


def _value(found: Review, name: str, value: Value) -> str:
    return written(value, KPIS[name].form if name in KPIS else "count", found.report.currency)


def _change(lead: str, one: Place) -> Cell:
    now, before = one.now[lead], one.before[lead]
    change = relative(Fraction(now or 0), Fraction(before or 0))
    return movement(KPIS[lead], now, before, None if change is None else places(change), None)


def _funnel(found: Review) -> Iterator[Block]:
    if not any(step.now or step.before for step in found.funnel):
        yield Note("No visits are known for these days or for those before.", "dim")
        return
    columns = ("These days", "Days before", "Change", "Of all sessions", "Of the step before", "Before", "Change")
    yield Table(
        "",
        (Column("Step"), *(Column(one, numeric=True) for one in columns)),
        tuple(_step(found, one) for one in found.funnel),
    )
    steps = [one for one in found.funnel if one.rate is not None and one.rate_before]
    if steps:
        worst = min(steps, key=_kept)
        kept = _kept(worst)
        if kept < 1:
            yield Note(
                f"The step that lost most is {lower(_named(worst))}: {written(worst.rate, 'percent', '')} of the step "
                f"before, {written(worst.rate_before, 'percent', '')} in the days before, "
                f"{percent(kept - 1, signed=True)}.",
            )


def _kept(step: Step) -> Fraction:
    """How much of its rate a step has kept."""
    return safe_div(Fraction(step.rate or 0), Fraction(step.rate_before or 0)) or Fraction(0)


def _step(found: Review, step: Step) -> tuple[Cell, ...]:
    sessions = found.funnel[0]
    share, share_before = safe_div(step.now, sessions.now), safe_div(step.before, sessions.before)
    change = relative(Fraction(step.now), Fraction(step.before))
    points = None if step.rate is None or step.rate_before is None else Decimal(step.rate) - Decimal(step.rate_before)
    first = step is sessions
    return (
        Cell(_named(step)),
        Cell(count(step.now), "strong"),
        Cell(count(step.before)),
        Cell(NOTHING if change is None else percent(change, signed=True)),
        Meter(
            written(None if share is None else places(share), "percent", ""),
            now=_hundredths(share),
            before=_hundredths(share_before),
        ),
        Cell("" if first else written(step.rate, "percent", "")),
        Cell("" if first else written(step.rate_before, "percent", "")),
        Cell("" if first else NOTHING if points is None else pp(points)),
    )


def _hundredths(share: Fraction | None) -> float:
    return round(float(min(share or 0, 1)) * 100, 1)


def _named(step: Step) -> str:
    return f"{measures.COUNTS[step.name]}s".capitalize()


def _alerts(found: Review) -> Iterator[Block]:
    """Every rule with its state; what fires is told above, with what to do."""
    if found.alerts.window != found.report.period:
        yield Note(f"The rules look at 7 days: {found.alerts.window.first} to {found.alerts.window.last}.")
    yield from (
        block for block in alert_page.page(found.alerts, every=True) if isinstance(block, Note) and not block.tone
    )
    yield from (block for block in alert_page.page(found.alerts, every=True) if isinstance(block, Table))


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


def _glossary() -> Table:
    told_ = ((kpi.label, first_sentence(kpi.doc).partition(": ")[2]) for kpi in KPIS.values())
    rows = ((Cell(label), Cell(f"{text[:1].upper()}{text[1:]}")) for label, text in told_)
    return Table("", (Column("KPI"), Column("What it is", prose=True)), tuple(rows))


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

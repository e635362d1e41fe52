"""A campaign's way on one day: its spend, what each reading of the day told of it, and where that stands in raw/."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from growthos.connectors import find
from growthos.home import Home
from growthos.raw import Segment
from growthos.raw_search import Found, Sought, number
from growthos.trace import COUNTS, CUT_OFF, Change, Record, Trace, in_order, marts
from growthos.trace.pages import Pages, load, spans
from growthos.warehouse import sqlfiles, tracing

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.warehouse.tracing import Row, StagedSpend

SPEND: Final = "spend"
COMPARED: Final = ("spend_original", "impressions", "clicks", "conversions", "conversion_value_original")
"""What of a reading is held against the one before."""


def trace(home: Home, con: "DuckDBPyConnection", given: str, day: date) -> Trace:
    """Trace a campaign on a day by its key, id or name; UsageError where there is none, or more than one."""
    campaign = marts.find_campaign(con, given)
    currency, zone = marts.about(con)
    facts = marts.of_campaign(con, campaign["campaign_key"], day)
    pages, sought = Pages(home), number(campaign["campaign_id"])
    told: list[Record] = []
    tables: dict[str, Sequence[Row]] = {}
    rejected: list[Row] = []
    notes: list[str] = []
    for source in sorted(sqlfiles.sources_of("spend") & set(find())):
        if campaign["account_id"] not in pages.state.accounts(source):
            continue
        segments = list(_segments(pages, source, day))
        found = pages.look(segments, [sought])
        whole = pages.complete(segments)
        counting = [load(one, (day,)) for one in found if one.place[:2] in whole]
        readings = tracing.spend(home.root, counting, source, campaign["campaign_id"], day) if counting else []
        newest = {one.header.run for one in segments if pages.speaks(one, day)}
        tables[f"stg_{source}__spend"] = [one.row for one in readings if one.row and one.run in newest]
        rejected += [one.rejected for one in readings if one.rejected and one.run in newest]
        records = list(_records(pages, found, sought, day, whole, readings))
        told += records
        for stream in dict.fromkeys(one.header.stream for one in segments):
            pages.check(source, stream, [one.page for one in records], day)
            notes += _gone(pages, source, campaign["account_id"], stream)
        notes += _readings(source, segments, records, newest)
    if facts["fact_spend"] and not told:
        pages.lost.append("No raw file tells of this day any more: there is nothing below the tables.")
    notes += _fate(facts["fact_spend"], tables, rejected, currency)
    return Trace(
        kind="campaign",
        key=campaign["campaign_key"],
        name=campaign["name"] or campaign["campaign_key"],
        day=day.isoformat(),
        currency=currency,
        timezone=zone,
        marts=facts,
        staging=tables,
        rejected=rejected,
        records=in_order(told, (SPEND,)),
        notes=tuple(notes),
        lost=tuple(pages.lost),
    )


def _segments(pages: Pages, source: str, day: date) -> Iterator[Segment]:
    """The segments of the reports that spend is made of, of units that hold the day."""
    reports = tracing.spend_streams(source)
    for stream in find()[source].streams():
        if stream.name in reports and stream.mode == "report" and not stream.detail:
            for one in pages.segments(source, stream.name):
                if (one.header.first or "") <= day.isoformat() <= (one.header.last or ""):
                    yield one


def _records(
    pages: Pages,
    found: Sequence[Found],
    sought: Sought,
    day: date,
    whole: Collection[tuple[str, int]],
    readings: "Sequence[StagedSpend]",
) -> Iterator[Record]:
    """The campaign's records of the day, each reading held against the one before it; of several the last counts."""
    rows = {one.run: one.row or one.rejected for one in readings}
    of_day = _of_day(day)
    places = [
        (page, span) for page in found for span in spans(page, [sought]) if of_day(page.body, span.start, span.end)
    ]
    last = {(page.header.account, page.header.run): (page.place, span) for page, span in places}
    before: Row | None = None
    for page, span in places:
        header = page.header
        row, final = rows.get(header.run), (page.place, span) == last[header.account, header.run]
        if page.place[:2] not in whole:
            why, row = CUT_OFF, None
        elif not final:
            why, row = "told again in the same reading", None
        else:
            why = COUNTS if pages.speaks(Segment(page.path, header), day) else "an older reading of the day"
        yield Record(
            what=SPEND,
            counts=why == COUNTS,
            why=why,
            version=None,
            changes=tuple(_changes(before, row)),
            file=pages.file(page.path),
            page=page,
            span=span,
        )
        before = row or before


def _of_day(day: date) -> Callable[[bytes, int, int], bool]:
    """Whether the bytes from one place to another are a row of that day: each source writes its day in its own way."""
    written = f"{day.year:04}-?{day.month:02}-?{day.day:02}".encode()
    pattern = re.compile(rb'"(?:\w+_)?(?:date|day)(?:_start)?"\s*:\s*"' + written)
    return lambda body, start, end: pattern.search(body, start, end) is not None


def _changes(before: "Row | None", row: "Row | None") -> Iterator[Change]:
    for name in COMPARED:
        if before and row and name in before and name in row and before[name] != row[name]:
            yield Change(name, before[name], row[name])


def _gone(pages: Pages, source: str, account: str, stream: str) -> Iterator[str]:
    """Numbers of segments follow one another: one that is not there any more was let go of, or set aside."""
    there = {one.header.seq for one in pages.segments(source, stream) if one.header.account == account}
    if gone := pages.state.next_seq(source, account, stream) - 1 - len(there):
        said = "1 segment" if gone == 1 else f"{gone:,} segments"
        yield f"{said} of {source} {stream} can be shown no more: let go of by `growthos prune`, or set aside."


def _readings(
    source: str, segments: Sequence[Segment], records: Sequence[Record], newest: Collection[int]
) -> Iterator[str]:
    if not segments:
        yield f"The day was never read from {source}, or what was read of it is not here any more."
    elif not any(one.counts for one in records):
        runs = ", ".join(str(run) for run in sorted(newest)) or "none"
        yield f"The newest reading of the day, of run {runs}, does not name the campaign: it had nothing to tell."


def _fate(
    facts: "Sequence[Row]", tables: "dict[str, Sequence[Row]]", rejected: "Sequence[Row]", currency: str
) -> Iterator[str]:
    """Why a day's spend is not in the tables, where it was told."""
    staged = [row for rows in tables.values() for row in rows]
    if rejected:
        yield f"It is put aside and counts nowhere: {rejected[0]['reason']}."
    elif staged and not facts:
        given = staged[0]["currency"]
        rate = f" or have no rate of {given} for the day, see [fx] in growthos.toml" if given != currency else ""
        yield f"It is not in fact_spend: the tables were made before it was read{rate}."

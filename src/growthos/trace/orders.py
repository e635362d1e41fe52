"""An order's way: its facts, its lines and refunds, each version of it that was read, and where it stands in raw/."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from growthos.errors import UsageError
from growthos.home import Home
from growthos.jsonrecords import Span, records
from growthos.raw import Segment
from growthos.raw_search import Found, Sought, number
from growthos.trace import COUNTS, CUT_OFF, Change, Line, Record, Trace, in_order, marts
from growthos.trace.pages import Pages, load, spans
from growthos.warehouse import tracing

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.warehouse.tracing import Row, StagedOrder

SOURCE: Final = "shopify"
STREAM: Final = "orders"
LISTING: Final = "order_ids"
COMPARED: Final = (
    *("total_cents", "subtotal_cents", "tax_cents", "tip_cents", "duties_cents", "refunded_cents"),
    *("financial_status", "is_cancelled"),
)
"""What of a version is held against the one before."""
PIECES: Final = ("order", "lines", "shipping lines", "refund", "refund lines", "refunded shipping", "adjustments")
"""What an order is made of, in the order in which it is shown."""
SLACK: Final = timedelta(days=1)
"""An order changes after it was made; by so much the shop's clock may differ from that of a reading."""


def trace(home: Home, con: "DuckDBPyConnection", given: str) -> Trace:
    """Trace an order by its name, number or key; UsageError where there is none, or more than one."""
    known = marts.find_order(con, given)
    if known and not known["order_key"].startswith(f"{SOURCE}:"):
        raise UsageError(
            f"{known['order_key']} is no order of Shopify's: a trace knows no way to its raw pages.",
            hint=f"Its rows are in fact_orders of {home.database}.",
        )
    currency, zone = marts.about(con)
    pages = Pages(home)
    segments = pages.segments(SOURCE, STREAM)
    order_id = known["order_key"].partition(":")[2] if known else _in_raw(pages, segments, given)
    if order_id is None:
        raise marts.unknown_order(con, given)
    facts = marts.of_order(con, f"{SOURCE}:{order_id}")
    sought = [number(one) for one in (order_id, *{one["refund_id"] for one in facts["fact_refunds"]})]
    if not order_id.isdecimal():  # nobody can read its id: its name has to do
        sought = _by_name(given)
    recent = [one for one in segments if known and _reaches(one, known["order_ts_utc"].replace(tzinfo=UTC) - SLACK)]
    found = pages.look(recent, sought) or pages.look(segments, sought)
    whole = pages.complete(segments)
    staged = _staged(pages, found, whole, order_id, zone)
    if staged and (more := staged.refunds - {one["refund_id"] for one in facts["fact_refunds"]}):
        further = [number(one) for one in more]
        places = {one.place for one in found}
        found += [one for one in pages.look(segments, further) if one.place not in places]
        sought += further
        staged = _staged(pages, found, whole, order_id, zone)
    told = [*_records(pages, found, sought, staged)]
    cut_off = [one for one in found if one.place[:2] not in whole]
    if cut_off:
        shown = tracing.order(home.root, zone, [load(one) for one in cut_off], order_id)
        told += _cut_off(pages, cut_off, sought, shown)
    told = list(in_order(told, PIECES))
    pages.check(SOURCE, STREAM, [one.page for one in told])
    if not told:
        pages.lost.append("No raw file tells of this order any more: there is nothing below the tables.")
    row = facts["fact_orders"][0] if facts["fact_orders"] else None
    return Trace(
        kind="order",
        key=f"{SOURCE}:{order_id}",
        name=row["order_name"] if row else _name(staged, given),
        day=None,
        currency=currency,
        timezone=zone,
        marts=facts,
        staging=staged.tables if staged else {},
        rejected=staged.rejected if staged else (),
        records=tuple(told),
        lines=tuple(_lines(told, staged)) if staged else (),
        notes=tuple(_notes(pages, row, staged)),
        lost=tuple(pages.lost),
    )


def _reaches(segment: Segment, since: datetime) -> bool:
    """Whether a segment can hold what was made then: it lists what has changed up to its `until`."""
    until = segment.header.until
    return until is None or datetime.fromisoformat(until) >= since


def _in_raw(pages: Pages, segments: Sequence[Segment], given: str) -> str | None:
    """The number of an order that is not in the tables but was read; None where it was not."""
    wanted = given.removeprefix(f"{SOURCE}:")
    sought = [*_by_name(given), *([number(wanted)] if wanted.isdecimal() else [])]
    found = [load(one) for one in pages.look(segments, sought)]
    names = tracing.names_of(pages.home.root, found, wanted) if found else {}
    if len(names) > 1:
        raise marts.several(given, {f"{SOURCE}:{one}": name for one, name in names.items()})
    return next(iter(names), None)


def _by_name(given: str) -> list[Sought]:
    """How an order of that name is written, with its number sign or without."""
    forms = {json.dumps(given, ensure_ascii=ascii_)[1:-1].encode() for ascii_ in (True, False)}
    return [Sought(one, re.compile(rb'"name"\s*:\s*"#?' + re.escape(one) + b'"')) for one in forms]


def _staged(
    pages: Pages, found: Sequence[Found], whole: Collection[tuple[str, int]], order_id: str, zone: str
) -> "StagedOrder | None":
    """The order as it is staged from the pages that count."""
    listing = [one for one in pages.state.loads() if (one.source, one.stream) == (SOURCE, LISTING)]
    counting = [load(one) for one in found if one.place[:2] in whole]
    return tracing.order(pages.home.root, zone, counting, order_id, listing)


def _records(
    pages: Pages, found: Sequence[Found], sought: Sequence[Sought], staged: "StagedOrder | None"
) -> Iterator[Record]:
    """The pieces of an order where they stand, each held against the version before it."""
    before: dict[tuple[str, str], Row] = {}
    pieces = staged.pieces if staged else ()
    winners = {(one["what"], one["id"]): one["version"] for one in pieces if one["counts"]}
    for piece, page, span in _placed(found, sought, pieces):
        key = piece["what"], piece["id"]
        if piece["counts"]:
            why = COUNTS
        elif key not in winners:
            why = "the order does not list it any more"
        elif piece["version"] == winners[key]:
            why = "the same version, read before"
        else:
            why = "an older version"
        yield _record(pages, piece, page, span, why, list(_changes(before.get(key), piece)))
        before[key] = piece


def _cut_off(
    pages: Pages, found: Sequence[Found], sought: Sequence[Sought], staged: "StagedOrder | None"
) -> Iterator[Record]:
    """The pieces in readings that did not come to their end: none of them counts."""
    for piece, page, span in _placed(found, sought, staged.pieces if staged else ()):
        yield _record(pages, piece, page, span, CUT_OFF)


def _placed(
    found: Sequence[Found], sought: Sequence[Sought], pieces: "Sequence[Row]"
) -> "Iterator[tuple[Row, Found, Span]]":
    """Each piece with its page and its place in it."""
    by_place = {one.place: one for one in found}
    known: dict[tuple[str, int, int], list[Span]] = {}
    for piece in pieces:
        place = piece["account"], piece["seq"], piece["page"]
        if place not in known:
            known[place] = spans(by_place[place], sought)
        index = piece["position"] - 1 if piece["position"] else None
        yield from ((piece, by_place[place], span) for span in known[place] if span.index == index)


def _record(pages: Pages, piece: "Row", page: Found, span: Span, why: str, changes: Sequence[Change] = ()) -> Record:
    return Record(
        what=piece["what"],
        counts=why == COUNTS,
        why=why,
        version=piece["version"],
        changes=tuple(changes),
        file=pages.file(page.path),
        page=page,
        span=span,
    )


def _changes(before: "Row | None", piece: "Row") -> Iterator[Change]:
    for name in COMPARED:
        if before is not None and before[name] != piece[name]:
            yield Change(name, before[name], piece[name])


def _lines(told: Sequence[Record], staged: "StagedOrder") -> Iterator[Line]:
    """The lines of the order, its refunds and their lines, each within the record that it counts from."""
    parts = (
        (("order", "lines"), "stg_shopify__order_lines", "line_key"),
        (("refund",), "stg_shopify__refunds", "refund_key"),
        (("refund", "refund lines"), "stg_shopify__refund_lines", "refund_line_key"),
    )
    for whats, table, column in parts:
        keys: Mapping[bytes, str] = {
            one[column].rpartition(":")[2].encode(): one[column] for one in staged.tables[table]
        }
        if not keys:
            continue
        pattern = re.compile(rb'[/"](' + b"|".join(map(re.escape, keys)) + rb')["?]')
        for count, record in enumerate(told, 1):
            if not record.counts or record.what not in whats:
                continue
            places = {one.start(): keys[one[1]] for one in pattern.finditer(record.bytes)}
            for span in records(record.bytes, places):
                key = next(key for at, key in places.items() if span.start <= at < span.end)
                yield Line(key, count, span.within(record.span))


def _name(staged: "StagedOrder | None", given: str) -> str:
    rows = staged.tables[tracing.ORDERS[0]] if staged else ()
    return str(rows[0]["order_name"]) if rows else given


def _notes(pages: Pages, row: "Row | None", staged: "StagedOrder | None") -> Iterator[str]:
    aside = [one for one in staged.rejected if one["entity"] == "orders"] if staged else []
    if aside:
        yield f"It is put aside and counts nowhere: {aside[0]['reason']}."
    elif row is None:
        yield "It is not in the tables: they were made before it was read. `growthos rebuild` makes them anew."
    if row and row["exclusion_reason"] == "deleted":
        files = {one.path for one in pages.state.loads() if (one.source, one.stream) == (SOURCE, LISTING)}
        yield (
            "The shop has it no more: its newest list of order ids does not name it "
            f"({', '.join(sorted(pages.file(one) for one in files))})."
        )
    staged_rows = staged.tables[tracing.ORDERS[0]] if staged else ()
    if row and staged_rows and staged_rows[0]["total_cents"] != row["total_cents"]:
        yield "The tables were made of another version than the raw files tell now: run `growthos sync`."

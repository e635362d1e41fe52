"""How Shopify's lists are read: to their end, nested ones included, as much at a time as its points allow."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from growthos.connectors import shopify_counts, shopify_queries
from growthos.connectors.refusals import DeniedError, ShrinkError
from growthos.connectors.shopify_cost import INNER, Meter, Size
from growthos.connectors.shopify_counts import Counts
from growthos.connectors.shopify_pages import Connection, Counted, Nested, Node, Parent, Said, Throttle
from growthos.connectors.terms import Page
from growthos.connectors.trail import Trail
from growthos.connectors.verdicts import document
from growthos.errors import UnavailableError
from growthos.period import Period

if TYPE_CHECKING:
    from growthos.connectors.api import Api
    from growthos.connectors.asking import Answer

SOURCE, API_VERSION = "shopify", "2026-10"
PATH = f"/admin/api/{API_VERSION}/graphql.json"
DEEP = 20_000
RESTARTS = 5
VISIBLE = timedelta(days=60)
BY_NUMBER = {"customers", "inventory_items", "order_ids"}
PERMISSIONS = {
    "personal": "e-mails and addresses are not permitted to this app; guests cannot be told apart without them",
    "cost": "unit costs are not permitted to this app; margins come from growthos.toml",
}

Variables = dict[str, object]
Found = tuple[Page, list[Node]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Inside:
    """A list inside a record: how the rest of it is asked for, and the page stream that it makes."""

    attribute: str
    operation: str
    pages: str
    parent: str


class ChangedError(Exception):
    """A record was changed while the lists inside it were read."""


class Reader:
    """Reads one shop in one run; it learns what pages cost and what the app may not see.

    `without` are marks of what the app is not permitted, `answered_by` is the version of the API that answers.
    """

    def __init__(self, api: "Api") -> None:
        self.api = api
        self.without: set[str] = set()
        self.answered_by: str | None = None
        self._meter = Meter()
        self._told: set[str] = set()

    def list(
        self, pages: str, operation: str, *, since: datetime | None, until: datetime | None = None, terms: str = ""
    ) -> Iterator[Found]:
        """A list to its end. Shopify ends every list after 25,000 records, so a long one is begun anew further on."""
        lower = f"updated_at:>='{instant(since)}'" if since else ""
        upper = f"updated_at:<'{instant(until)}'" if until else ""
        again_from, after, read, in_order = "", None, 0, True
        trail, last, seen = Trail(SOURCE, pages), None, set[tuple[str, str | None]]()
        while True:
            query = " ".join(term for term in (terms, lower, upper, again_from) if term) or None
            answer, asked = self._sized(operation, {"after": after, "query": query})
            part: Connection | None = getattr(answer.said.data, pages)
            if part is None:
                raise wrong(f"answers {operation} without a list")
            nodes = part.there
            again = tuple(one.id for one in nodes if _unfinished(one))
            if nodes:
                self._meter.cut_off(operation, sum(map(_cut_off, nodes)) / len(nodes))
            yield self._page(pages, operation, asked, answer, nodes, again=again), nodes
            if not part.page_info.has_next_page:
                self._tell_of_points()
                return
            versions = [(one.id, one.updated_at) for one in nodes]
            new = len(set(versions) - seen)
            seen.update(versions)
            after = trail.step(part.page_info.end_cursor, repr(versions).encode(), len(nodes), new)
            read += len(nodes)
            for one in nodes:
                key = (one.number, "") if pages in BY_NUMBER else (0, one.updated_at or "")
                in_order, last = in_order and (last is None or last <= key), key
            if read >= DEEP and in_order and last is not None:
                further = f"id:>={last[0]}" if pages in BY_NUMBER else f"updated_at:>='{last[1]}'"
                if further not in {again_from, lower}:
                    lower = lower if pages in BY_NUMBER else ""
                    again_from, after, read, trail, seen = further, None, 0, Trail(SOURCE, pages), set()

    def by_id(self, pages: str, operation: str, ids: Sequence[str]) -> Iterator[Found]:
        """Records by their ids, a few at a time; those that are gone are passed over."""
        waiting = list(ids)
        while waiting:
            answer, asked = self._sized(operation, {}, ids=waiting)
            sent, found = len(waiting[: _count(asked)]), answer.said.data.nodes
            if found is None or len(found) != sent:
                raise wrong(f"answers {operation} with another number of records than were asked for")
            there = [one for one in found if one is not None]
            oldest = self.api.clock.now() - VISIBLE
            again = tuple(one.id for one in there if _unfinished(one) and _created(one) > oldest)
            yield self._page(pages, operation, asked, answer, there, again=again), there
            waiting = waiting[sent:]

    def rest(
        self, record: Node, lists: Sequence[Inside], reread: Callable[[str], Iterator[Found]]
    ) -> Iterator[tuple[Page, Node | None]]:
        """What is cut off of the lists inside a record; where it changes meanwhile it is read again, and given too."""
        for _ in range(RESTARTS):
            try:
                for inside in lists:
                    for page in self._drain(record, inside):
                        yield page, None
            except ChangedError:
                changed = None
                for page, found in reread(record.id):
                    changed = next((one for one in found if one.id == record.id), changed)
                    yield page, changed
                if changed is None:
                    return
                record = changed
            else:
                return
        raise wrong(f"changes {record.id} while it is read, {RESTARTS} times over")

    def counts(self, pages: str, days: Period) -> Iterator[Page]:
        """How many orders Shopify itself counts on each day."""
        operation, first, clock = shopify_counts.OPERATION, days.first, self.api.clock
        while first <= days.last:
            self._wait_for_points(operation)
            asked = Period(first, min(days.last, first + timedelta(days=self._meter.size(operation).outer - 1)))
            try:
                answer = self._send(operation, shopify_counts.query(asked), {}, Counts, lambda said: len(said.data))
            except ShrinkError:
                if not self._meter.halve(operation):
                    raise
                continue
            said = answer.said
            if not all(shopify_counts.alias(day) in said.data for day in asked):
                raise wrong(f"leaves days out of {operation}")
            self._meter.learn(operation, len(asked), said.extensions.cost, clock.monotonic())
            text = request(operation, {"first": str(asked.first), "last": str(asked.last)})
            yield Page(pages, answer.body, text, answer.status, len(said.data))
            first = asked.last + timedelta(days=1)

    def ask(self, operation: str, variables: Variables) -> "Answer[Said]":
        """One request; without what the app is not permitted, where the rest of it is."""
        try:
            answer = self._post(operation, variables, self.without)
        except DeniedError:
            marked = {mark for mark in PERMISSIONS if f"# {mark}" in shopify_queries.OPERATIONS[operation]}
            if marked <= self.without:
                raise
            answer = self._post(operation, variables, self.without | marked)
            self.without |= marked
            for mark in marked:
                self.tell(f"without_{mark}", PERMISSIONS[mark])
        self._meter.see(answer.said.extensions.cost, self.api.clock.monotonic())
        return answer

    @property
    def bucket(self) -> Throttle | None:
        """The bucket of points as the last answer told it."""
        return self._meter.bucket

    def tell(self, code: str, message: str) -> None:
        """Tell a person, once in a run."""
        if code not in self._told:
            self._told.add(code)
            self.api.watch.notice(code, f"{SOURCE}: {message}")

    def _drain(self, record: Node, inside: Inside) -> Iterator[Page]:
        part: Nested | Counted | None = getattr(record, inside.attribute)
        trail = Trail(SOURCE, f"the {inside.pages} of {record.id}")
        body, count = b"", 1
        while part is not None and part.page_info.has_next_page:
            after = trail.step(part.page_info.end_cursor, _said(body, part.page_info.end_cursor), count)
            answer, asked = self._sized(inside.operation, {"id": record.id, "after": after})
            parent: Parent | None = getattr(answer.said.data, inside.parent)
            if parent is None:
                return
            if parent.updated_at != record.updated_at:
                raise ChangedError
            part, body, count = getattr(parent, inside.attribute), answer.body, parent.records
            yield self._page(inside.pages, inside.operation, asked, answer, (), records=count)

    def _sized(
        self, operation: str, variables: Variables, *, ids: Sequence[str] | None = None
    ) -> "tuple[Answer[Said], Variables]":
        """Ask for as much as the points allow, and for half of it where that was too much."""
        clock = self.api.clock
        while True:
            size = self._meter.size(operation)
            self._wait_for_points(operation)
            asked, count = _with_size(operation, variables, size, ids)
            try:
                answer = self.ask(operation, asked)
            except ShrinkError:
                if not self._meter.halve(operation):
                    raise
                continue
            self._meter.learn(operation, count, answer.said.extensions.cost, clock.monotonic())
            return answer, asked

    def _tell_of_points(self) -> None:
        """What is left, once a list; each answer would fill the log."""
        if left := self.bucket:
            told = {"currentlyAvailable": left.currently_available, "maximumAvailable": left.maximum_available}
            self.api.watch.quota(told)

    def _wait_for_points(self, operation: str) -> None:
        if seconds := self._meter.wait(operation, self.api.clock.monotonic()):
            self.api.rest(seconds, "its points come back with time")

    def _post(self, operation: str, variables: Variables, without: set[str]) -> "Answer[Said]":
        query = shopify_queries.text(operation, without=sorted(without))
        return self._send(operation, query, variables, Said, lambda said: said.data.records)

    def _send(
        self, operation: str, query: str, variables: Variables, envelope: type[T], records: Callable[[T], int]
    ) -> "Answer[T]":
        body = {"operationName": operation, "query": query, "variables": variables}
        answer = self.api.post(PATH, body, operation=operation, envelope=envelope, records=records)
        self.answered_by = answer.headers.get("x-shopify-api-version") or self.answered_by
        if self.answered_by and self.answered_by != API_VERSION:
            self.tell("api_version", f"answers with version {self.answered_by}, growthos asks for {API_VERSION}")
        return answer

    @staticmethod
    def _page(
        pages: str,
        operation: str,
        variables: Variables,
        answer: "Answer[Said]",
        nodes: Sequence[Node],
        *,
        again: tuple[str, ...] = (),
        records: int | None = None,
    ) -> Page:
        return Page(
            stream=pages,
            body=answer.body,
            request=request(operation, variables),
            status=answer.status,
            records=len(nodes) if records is None else records,
            newest=max((one.updated_at for one in nodes if one.updated_at), default=None),
            again=again,
        )


def request(operation: str, variables: Variables) -> str:
    """A request as it stands in raw: the query itself is known by its name."""
    return f"POST {PATH} {operation} {json.dumps(variables)}"


def instant(moment: datetime) -> str:
    """A moment as Shopify's filters want it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def wrong(how: str) -> UnavailableError:
    """Shopify answers with what cannot be."""
    return UnavailableError(SOURCE, f"{SOURCE} {how}.", hint="This is theirs to mend. Nothing was lost.")


def _with_size(operation: str, variables: Variables, size: Size, ids: Sequence[str] | None) -> tuple[Variables, int]:
    """The variables with as many records, and lines inside them, as `size` says; and how many records that is."""
    inner = {INNER[operation]: size.inner} if operation in INNER else {}
    if ids is None:
        return {"first": size.outer, **inner, **variables}, size.outer
    batch = list(ids[: size.outer])
    return {"ids": batch, **inner, **variables}, len(batch)


def _count(asked: Variables) -> int:
    ids = asked["ids"]
    return len(ids) if isinstance(ids, list) else 0


def _cut_off(record: Node) -> bool:
    """Whether the list inside a record has more than was asked for."""
    return any(inside is not None and inside.page_info.has_next_page for inside in (record.line_items, record.variants))


def _said(body: bytes, cursor: str | None) -> bytes:
    """What an answer says, without the points that it cost and where the next one starts."""
    said = document(body)
    told = json.dumps(said.get("data") if isinstance(said, dict) else None)
    return told.replace(cursor or "", "").encode()


def _unfinished(order: Node) -> bool:
    return order.customer_journey_summary is not None and not order.customer_journey_summary.ready


def _created(order: Node) -> datetime:
    try:
        return datetime.fromisoformat(order.created_at or "")
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)

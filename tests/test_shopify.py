"""How a shop is read to the end of every list, whatever happens meanwhile."""

import json
import re
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from growthos.clock import DemoClock
from growthos.connectors import shopify_reader
from growthos.connectors.api import Api
from growthos.connectors.shopify import Shopify
from growthos.connectors.shopify_cost import Meter
from growthos.connectors.shopify_pages import Cost, Throttle
from growthos.connectors.terms import Watch, Window
from growthos.errors import SettingsError, UnavailableError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHANGED, LATER = "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def listed(*nodes: dict, after: str | None = None) -> dict:
    return {"pageInfo": {"hasNextPage": after is not None, "endCursor": after}, "nodes": list(nodes)}


def an_order(
    number: int, *, updated: str = CHANGED, ready: bool = True, refunds=(), more_lines: str | None = None
) -> dict:
    return {
        "id": gid("Order", number),
        "createdAt": "2026-02-28T00:00:00Z",
        "updatedAt": updated,
        "customerJourneySummary": {"ready": ready},
        "lineItems": listed({"id": gid("LineItem", 1)}, after=more_lines),
        "shippingLines": listed(),
        "refunds": [{"id": gid("Refund", one)} for one in refunds],
    }


def a_refund(number: int, *, updated: str = CHANGED, more: dict[str, str] | None = None) -> dict:
    lists = ("refundLineItems", "refundShippingLines", "orderAdjustments")
    return {
        "id": gid("Refund", number),
        "updatedAt": updated,
        **{name: listed({"id": name}, after=(more or {}).get(name)) for name in lists},
    }


class Script:
    """A shop that answers each operation with the next of its answers, the last one for ever."""

    def __init__(self, **answers: list[dict]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict]] = []
        self.cost: dict = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        operation = body["operationName"].removeprefix("Growth")
        self.asked.append((operation, body["variables"]))
        turns = self.answers[operation]
        data = turns.pop(0) if len(turns) > 1 else turns[0]
        return httpx.Response(200, json={"data": data, "extensions": self.cost})

    def times(self, operation: str) -> int:
        return sum(one == operation for one, _ in self.asked)


def read(script: Script, stream: str = "orders", window: Window | None = None, notices: list | None = None) -> list:
    one, clock = Shopify({"shop_domain": "acme", "access_token": "shpat_canary"}), DemoClock(NOON)
    told = notices if notices is not None else []
    watch = Watch(notice=lambda *said: told.append(said))
    with Api(one, transport=httpx.MockTransport(script), clock=clock, watch=watch) as api:
        if "Shop" in script.answers:
            list(one.streams()[0].read(one, api, "acme", Window()))
        [asked] = [each for each in one.streams() if each.name == stream]
        return list(asked.read(one, api, "acme", window or Window(since=NOON - timedelta(days=5), until=NOON)))


class TestNestedLists:
    def test_every_line_of_every_order_is_read(self):
        def rest(*more: dict, after: str | None = None) -> dict:
            return {"order": {"id": gid("Order", 1), "updatedAt": CHANGED, "lineItems": listed(*more, after=after)}}

        script = Script(
            Orders=[{"orders": listed(an_order(1, more_lines="a"), an_order(2))}],
            OrderLineItems=[rest({"id": "2"}, after="b"), rest({"id": "3"})],
        )
        pages = read(script)
        assert [(page.stream, page.records) for page in pages] == [
            ("orders", 2),
            ("order_line_items", 1),
            ("order_line_items", 1),
        ]
        assert [asked["after"] for operation, asked in script.asked if operation == "OrderLineItems"] == ["a", "b"]
        assert pages[0].newest == CHANGED

    def test_refunds_of_several_pages_are_asked_for_together(self):
        """A request for the refunds of each page would often hold none or one."""
        script = Script(
            Orders=[
                {"orders": listed(an_order(1, refunds=(7,)), after="a")},
                {"orders": listed(an_order(2, refunds=(8, 7)), after="b")},
                {"orders": listed(an_order(3))},
            ],
            Refunds=[{"nodes": [a_refund(7), a_refund(8)]}],
        )
        assert [page.stream for page in read(script)] == ["orders", "orders", "orders", "refunds"]
        [asked] = [asked for operation, asked in script.asked if operation == "Refunds"]
        assert asked["ids"] == [gid("Refund", 7), gid("Refund", 8)]

    def test_an_order_whose_refund_is_not_served_is_read_again(self):
        """Nothing about the order will have changed when the refund is there."""
        script = Script(
            Orders=[{"orders": listed(an_order(1, refunds=(7,)), an_order(2, refunds=(8,)))}],
            Refunds=[{"nodes": [a_refund(7), None]}],
        )
        assert [page.again for page in read(script)] == [(), (gid("Order", 2),)]

    def test_every_list_of_a_refund_is_read(self):
        def rest(name: str) -> dict:
            return {"refund": {"id": gid("Refund", 7), "updatedAt": CHANGED, name: listed({"id": "x"})}}

        more = {"refundLineItems": "a", "refundShippingLines": "b", "orderAdjustments": "c"}
        script = Script(
            Orders=[{"orders": listed(an_order(1, refunds=(7, 8)))}],
            Refunds=[{"nodes": [a_refund(7, more=more), None]}],
            RefundLineItems=[rest("refundLineItems")],
            RefundShippingLines=[rest("refundShippingLines")],
            RefundAdjustments=[rest("orderAdjustments")],
        )
        pages = read(script)
        assert [(page.stream, page.records) for page in pages] == [
            ("orders", 1),
            ("refund_line_items", 1),
            ("refund_shipping_lines", 1),
            ("refund_adjustments", 1),
            ("refunds", 1),
        ]

    def test_refunds_are_asked_for_a_few_at_a_time_and_each_once(self):
        every = tuple(range(1, 98))
        script = Script(
            Orders=[{"orders": listed(an_order(1, refunds=every[:60]), an_order(2, refunds=every[40:]))}], Refunds=[]
        )

        def answer(request: httpx.Request) -> httpx.Response:
            variables = json.loads(request.content)["variables"]
            if "ids" not in variables:
                return script(request)
            script.asked.append(("Refunds", variables))
            found = [a_refund(int(one.rpartition("/")[2])) for one in variables["ids"]]
            return httpx.Response(200, json={"data": {"nodes": found}})

        one = Shopify({"shop_domain": "acme", "access_token": "shpat_canary"})
        with Api(one, transport=httpx.MockTransport(answer), clock=DemoClock(NOON)) as api:
            pages = list(one.orders.read(one, api, "acme", Window(since=NOON, until=NOON)))
        asked = [each for operation, variables in script.asked if operation == "Refunds" for each in variables["ids"]]
        assert asked == [gid("Refund", number) for number in every]
        assert max(len(v["ids"]) for operation, v in script.asked if operation == "Refunds") <= 50
        assert sum(page.records for page in pages if page.stream == "refunds") == 97

    def test_refunds_wait_until_there_are_enough_for_a_full_question(self):
        """Three pages of orders with 20 refunds each: 50 of them, and the rest at the end."""
        orders = [an_order(n, refunds=range(100 * n, 100 * n + 20)) for n in (1, 2, 3)]
        pages = [{"orders": listed(one, after=f"c{n}")} for n, one in enumerate(orders)] + [{"orders": listed()}]
        script = Script(Orders=pages, Refunds=[])

        def answer(request: httpx.Request) -> httpx.Response:
            variables = json.loads(request.content)["variables"]
            if "ids" not in variables:
                return script(request)
            script.asked.append(("Refunds", variables))
            cost = {"cost": {"requestedQueryCost": len(variables["ids"])}}
            found = [a_refund(int(one.rpartition("/")[2])) for one in variables["ids"]]
            return httpx.Response(200, json={"data": {"nodes": found}, "extensions": cost})

        one = Shopify({"shop_domain": "acme", "access_token": "shpat_canary"})
        with Api(one, transport=httpx.MockTransport(answer), clock=DemoClock(NOON)) as api:
            list(one.orders.read(one, api, "acme", Window(since=NOON, until=NOON)))
        asked = [(operation, len(variables.get("ids", ()))) for operation, variables in script.asked]
        assert [count for operation, count in asked if operation == "Refunds"] == [20, 30, 10]
        assert [operation for operation, _ in asked].index("Refunds") == 3

    def test_an_order_that_changes_while_it_is_read_is_read_again(self):
        """The lines after the change are another list: the order comes again, with its lines and its new refund."""
        script = Script(
            Orders=[{"orders": listed(an_order(1, more_lines="a"))}],
            OrderLineItems=[
                {"order": {"id": gid("Order", 1), "updatedAt": LATER, "lineItems": listed({"id": "9"})}},
                {"order": {"id": gid("Order", 1), "updatedAt": LATER, "lineItems": listed({"id": "2"})}},
            ],
            OrdersAgain=[{"nodes": [an_order(1, updated=LATER, more_lines="b", refunds=(7,))]}],
            Refunds=[{"nodes": [a_refund(7)]}],
        )
        pages = read(script)
        assert [page.stream for page in pages] == ["orders", "orders_again", "order_line_items", "refunds"]
        assert b'"9"' not in b"".join(page.body for page in pages)
        assert script.asked[-2][1]["after"] == "b"

    def test_an_order_that_never_stands_still_ends_the_unit(self):
        moving = [
            {"order": {"id": gid("Order", 1), "updatedAt": f"2026-03-01T09:00:0{n}Z", "lineItems": listed()}}
            for n in range(9)
        ]
        script = Script(
            Orders=[{"orders": listed(an_order(1, more_lines="a"))}],
            OrderLineItems=moving,
            OrdersAgain=[{"nodes": [an_order(1, more_lines="a")]}],
        )
        with pytest.raises(UnavailableError, match="while it is read"):
            read(script)
        assert script.times("OrderLineItems") == 5

    def test_an_order_deleted_while_it_is_read_is_passed_over(self):
        script = Script(
            Orders=[{"orders": listed(an_order(1, more_lines="a"), an_order(2))}], OrderLineItems=[{"order": None}]
        )
        assert [page.stream for page in read(script)] == ["orders"]

    def test_a_list_without_end_is_noticed(self):
        rest = {"order": {"id": gid("Order", 1), "updatedAt": CHANGED, "lineItems": listed({"id": "2"}, after="a")}}
        script = Script(Orders=[{"orders": listed(an_order(1, more_lines="a"))}], OrderLineItems=[rest])
        with pytest.raises(UnavailableError, match="same cursor twice"):
            read(script)
        assert script.times("OrderLineItems") == 1

    def test_three_empty_pages_are_believed_and_not_a_fourth(self):
        empty = [{"orders": listed(after=f"c{n}")} for n in range(4)]
        script = Script(Orders=[*empty[:3], {"orders": listed(an_order(1))}])
        assert sum(page.records for page in read(script)) == 1
        with pytest.raises(UnavailableError, match="4 empty pages"):
            read(Script(Orders=empty))

    def test_the_same_records_under_ever_new_cursors_are_no_list(self):
        """Nor are they in another order, or with one of them new to the list now and then."""
        pages = [{"orders": listed(an_order(1), an_order(2), after=f"c{n}")} for n in range(9)]
        with pytest.raises(UnavailableError, match="same page twice"):
            read(script := Script(Orders=pages))
        assert script.times("Orders") == 2
        turned = [{"orders": listed(*(an_order(1 + (n + k) % 5) for k in range(5)), after=f"c{n}")} for n in range(9)]
        with pytest.raises(UnavailableError, match="4 pages without anything new"):
            read(script := Script(Orders=turned))
        assert script.times("Orders") == 5
        older = [{"orders": listed(an_order(1), an_order(n), after=f"c{n}")} for n in range(2, 6)]
        assert sum(page.records for page in read(Script(Orders=[*older, {"orders": listed(an_order(9))}]))) == 9

    def test_the_same_rest_of_an_order_under_ever_new_cursors_is_none(self):
        rests = [
            {"order": {"id": gid("Order", 1), "updatedAt": CHANGED, "lineItems": listed({"id": "2"}, after=f"c{n}")}}
            for n in range(9)
        ]
        script = Script(Orders=[{"orders": listed(an_order(1, more_lines="a"))}], OrderLineItems=rests)
        with pytest.raises(UnavailableError, match="same page twice"):
            read(script)
        assert script.times("OrderLineItems") == 2

    def test_fewer_refunds_than_asked_for_end_the_unit(self):
        script = Script(Orders=[{"orders": listed(an_order(1, refunds=(7, 8)))}], Refunds=[{"nodes": [a_refund(7)]}])
        with pytest.raises(UnavailableError, match="another number"):
            read(script)


class TestReadAgain:
    def test_an_order_whose_journey_is_not_worked_out_is_named_for_the_next_sync(self):
        [page] = read(Script(Orders=[{"orders": listed(an_order(1), an_order(2, ready=False))}]))
        assert page.again == (gid("Order", 2),)

    def test_what_was_named_is_read_first_and_by_id(self):
        script = Script(
            Orders=[{"orders": listed()}], OrdersAgain=[{"nodes": [an_order(2), None, an_order(3, ready=False)]}]
        )
        window = Window(since=NOON, until=NOON, again=tuple(gid("Order", n) for n in (2, 9, 3)))
        first, _ = read(script, window=window)
        assert (first.stream, first.records, first.newest, first.again) == (
            "orders_again",
            2,
            CHANGED,
            (gid("Order", 3),),
        )

    def test_what_was_never_worked_out_is_given_up_after_60_days(self):
        old = an_order(2, ready=False) | {"createdAt": "2025-12-01T00:00:00Z"}
        script = Script(Orders=[{"orders": listed()}], OrdersAgain=[{"nodes": [old]}])
        first, _ = read(script, window=Window(since=NOON, until=NOON, again=(old["id"],)))
        assert first.again == ()


class TestCounts:
    """Shopify's own count of the orders of each day."""

    DAYS = Window(first=date(2025, 12, 1), last=date(2026, 2, 28))

    @staticmethod
    def answer(asked: dict, points: float = 0.0) -> httpx.Response:
        days = re.findall(r"(d[\d_]+): ordersCount", asked["query"])
        data = {day: {"count": 5, "precision": "EXACT"} for day in days}
        return httpx.Response(200, json={"data": data, "extensions": {"cost": {"requestedQueryCost": points}}})

    def read(self, answer, window: Window = DAYS, scopes: tuple[str, ...] = ("read_all_orders",)) -> list:
        one = Shopify({"shop_domain": "acme", "access_token": "shpat_canary"})
        shop = {"shop": {"id": "1", "ianaTimezone": "UTC"}} | {
            "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in scopes]}
        }

        def script(request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)
            is_shop = asked["operationName"] == "GrowthShop"
            return httpx.Response(200, json={"data": shop}) if is_shop else answer(asked)

        with Api(one, transport=httpx.MockTransport(script), clock=DemoClock(NOON)) as api:
            list(one.shop.read(one, api, "acme", Window()))
            return list(one.order_counts.read(one, api, "acme", window))

    def test_each_day_is_counted_once_many_at_a_time(self):
        pages = self.read(lambda asked: self.answer(asked, points=asked["query"].count("ordersCount")))
        days = [day for page in pages for day in json.loads(page.body)["data"]]
        assert days == [f"d{self.DAYS.first + timedelta(days=n):%Y_%m_%d}" for n in range(90)]
        assert [page.records for page in pages] == [31, 59]
        assert '{"first": "2025-12-01", "last": "2025-12-31"}' in pages[0].request

    def test_a_day_is_a_day_in_utc_and_counting_stops_at_no_limit(self):
        asked = []

        def answer(one: dict) -> httpx.Response:
            asked.append(one["query"])
            return self.answer(one)

        query = (
            "query GrowthOrderCounts {\n  d2026_02_28: ordersCount(query: "
            "\"created_at:>='2026-02-28T00:00:00Z' created_at:<'2026-03-01T00:00:00Z'\", limit: null)"
            " { count precision }\n}"
        )
        self.read(answer, Window(first=date(2026, 2, 28), last=date(2026, 2, 28)))
        assert asked == [query]

    def test_too_many_days_at_once_are_halved(self):
        def answer(asked: dict) -> httpx.Response:
            if asked["query"].count("ordersCount") > 9:
                dear = {"message": "Query cost is 1723", "extensions": {"code": "MAX_COST_EXCEEDED"}}
                return httpx.Response(200, json={"errors": [dear]})
            return self.answer(asked, points=100 * asked["query"].count("ordersCount"))

        pages = self.read(answer)
        assert pages[0].records == 7
        assert sum(page.records for page in pages) == 90

    def test_a_day_that_cannot_be_counted_ends_the_unit(self):
        asked = []

        def answer(one: dict) -> httpx.Response:
            asked.append(one["query"].count("ordersCount"))
            return httpx.Response(200, json={"errors": [{"message": "x", "extensions": {"code": "MAX_COST_EXCEEDED"}}]})

        with pytest.raises(UnavailableError, match="too much at once"):
            self.read(answer)
        assert asked == [31, 15, 7, 3, 1]

    def test_an_answer_without_one_of_the_days_ends_the_unit(self):
        def answer(_: dict) -> httpx.Response:
            return httpx.Response(200, json={"data": {"d2025_12_01": {"count": 5, "precision": "EXACT"}}})

        with pytest.raises(UnavailableError, match="leaves days out"):
            self.read(answer)

    def test_days_that_are_hidden_are_not_counted(self):
        """Of the day that began to be hidden at noon, half would be counted."""
        pages = self.read(self.answer, scopes=("read_orders",))
        assert next(iter(json.loads(pages[0].body)["data"])) == "d2026_01_01"
        assert self.read(self.answer, Window(first=date(2025, 12, 1), last=date(2025, 12, 31)), scopes=()) == []


class TestWindows:
    def test_the_filter_is_quoted_and_in_utc(self):
        script = Script(Orders=[{"orders": listed()}])
        read(script, window=Window(since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2026, 2, 1, tzinfo=UTC)))
        assert script.asked[0][1]["query"] == ("updated_at:>='2026-01-01T00:00:00Z' updated_at:<'2026-02-01T00:00:00Z'")

    def test_without_a_beginning_everything_is_asked_for(self):
        script = Script(Customers=[{"customers": listed()}])
        read(script, "customers", Window())
        assert script.asked[0][1]["query"] is None

    @pytest.mark.parametrize("stream", ["orders", "customers", "products", "inventory_items", "order_ids"])
    def test_a_very_long_list_is_begun_anew_further_on(self, stream, monkeypatch):
        """Shopify ends a list after 25,000 records; at a tenth of the size, such a list is read to its end."""
        monkeypatch.setattr(shopify_reader, "DEEP", shopify_reader.DEEP // 10)
        name = {"inventory_items": "inventoryItems", "order_ids": "orderIds"}.get(stream, stream)
        start = datetime(2026, 1, 1, tzinfo=UTC)
        every = [(number, f"{start + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}") for number in range(1, 5_001)]
        connections = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)["variables"]
            low_id, low_time = 0, ""
            for term in (asked["query"] or "").split():
                if term.startswith("id:>="):
                    low_id = int(term.removeprefix("id:>="))
                if term.startswith("updated_at:>="):
                    low_time = term.removeprefix("updated_at:>=").strip("'")
            first = max(
                low_id - 1, next((i for i, one in enumerate(every) if one[1] >= low_time), 0) if low_time else 0
            )
            place = int(asked["after"].rpartition(":")[2]) if asked["after"] else 0
            if not asked["after"]:
                connections.append(asked["query"])
            found = every[first + place : first + min(place + 250, 2_500)]
            nodes = [
                {
                    "id": gid("X", number),
                    "updatedAt": at,
                    "lineItems": listed(),
                    "shippingLines": listed(),
                    "variants": listed(),
                }
                for number, at in found
            ]
            ends = place + 250 >= 2_500 or first + place + 250 >= len(every)
            page = listed(*nodes, after=None if ends else f"{asked['query']}:{place + len(found)}")
            return httpx.Response(200, json={"data": {name: page}})

        one = Shopify({"shop_domain": "acme", "access_token": "shpat_canary"})
        with Api(one, transport=httpx.MockTransport(answer), clock=DemoClock(NOON)) as api:
            [asked] = [each for each in one.streams() if each.name == stream]
            window = Window(since=start, until=NOON) if stream == "orders" else Window()
            seen = {
                node["id"]
                for page in asked.read(one, api, "acme", window)
                for node in json.loads(page.body)["data"][name]["nodes"]
            }
        assert len(seen) == 5_000
        assert len(connections) == 3

    @pytest.mark.parametrize(
        ("scope", "since"), [("read_all_orders", "2025-06-01T00:00:00Z"), ("read_orders", "2026-01-01T12:00:00Z")]
    )
    def test_the_list_of_ids_tells_from_when_on_it_is_whole(self, scope, since):
        """Orders that are hidden are not in it, and not gone; of those at the edge, a day is left aside."""
        scopes = {"currentAppInstallation": {"accessScopes": [{"handle": scope}]}}
        script = Script(
            Shop=[{"shop": {"id": "1", "ianaTimezone": "UTC"}} | scopes],
            OrderIds=[{"orderIds": listed({"id": gid("Order", 1)})}],
        )
        [page] = read(script, "order_ids", Window(since=datetime(2025, 6, 1, tzinfo=UTC)))
        assert script.asked[-1][1] == {"first": 250, "after": None, "query": f"created_at:>='{since}'"}
        assert f"created_at:>='{since}'" in page.request

    def test_hidden_orders_are_told_once(self):
        shop = {"shop": {"id": "1", "ianaTimezone": "UTC"}}
        without = shop | {"currentAppInstallation": {"accessScopes": [{"handle": "read_orders"}]}}
        notices: list = []
        old, new = Window(since=NOON - timedelta(days=90)), Window(since=NOON - timedelta(days=50))
        read(Script(Shop=[without], Orders=[{"orders": listed()}]), window=old, notices=notices)
        assert [code for code, _ in notices] == ["orders_hidden"]
        read(Script(Shop=[without], Orders=[{"orders": listed()}]), window=new, notices=notices)
        scopes = {"currentAppInstallation": {"accessScopes": [{"handle": "read_all_orders"}]}}
        read(Script(Shop=[shop | scopes], Orders=[{"orders": listed()}]), window=old, notices=notices)
        assert len(notices) == 1


class TestLook:
    """What is found out about a shop without reading it."""

    EVERY = ("read_orders", "read_all_orders", "read_customers", "read_products", "read_inventory")

    def look(self, scopes: tuple[str, ...], *denied: str, version: str = "2026-10") -> dict[str, list]:
        bucket = {"maximumAvailable": 2000, "currentlyAvailable": 1990, "restoreRate": 100}
        extensions = {"cost": {"requestedQueryCost": 10, "throttleStatus": bucket}}

        def answer(request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)
            if any(word in asked["query"] for word in denied):
                said = {"errors": [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}]}
                return httpx.Response(200, json=said)
            data = {
                "shop": {"ianaTimezone": "Europe/Berlin", "currencyCode": "EUR"},
                "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in scopes]},
                "customers": listed(),
                "inventoryItems": listed(),
            }
            headers = {"X-Shopify-API-Version": version}
            return httpx.Response(200, json={"data": data, "extensions": extensions}, headers=headers)

        one = Shopify({"shop_domain": "acme", "access_token": "shpat_canary"})
        found: dict[str, list] = {}
        with Api(one, transport=httpx.MockTransport(answer), clock=DemoClock(NOON)) as api:
            for finding in one.examine(api):
                found.setdefault(finding.subject, []).append((finding.state, finding.said))
        return found

    def test_all_is_well(self):
        assert self.look(self.EVERY) == {
            "credentials": [("ok", "accepted")],
            "time zone": [("ok", "Europe/Berlin")],
            "currency": [("ok", "EUR")],
            "scopes": [("ok", "read_all_orders, read_customers, read_inventory, read_orders, read_products")],
            "customer data": [("ok", "permitted")],
            "unit costs": [("ok", "permitted")],
            "quota": [("ok", "1,990 of 2,000 points left, 100 come back in a second")],
        }

    def test_scopes_that_are_missing_are_named(self):
        found = self.look(("read_orders", "read_all_orders"))
        assert found["scopes"] == [("error", "not granted: read_customers, read_products")]
        assert not {"customer data", "unit costs"} & set(found)

    def test_hidden_orders_and_scopes_to_write_are_warned_of(self):
        """Who may write may read; and growthos never writes."""
        found = self.look(("write_orders", "read_customers", "read_products"))
        assert [state for state, _ in found["scopes"]] == ["ok", "warning", "warning"]
        assert "last 60 days" in found["scopes"][1][1]
        assert found["scopes"][2][1] == "the app may also write: write_orders"

    def test_permissions_beside_the_scopes_are_tried_out(self):
        found = self.look(self.EVERY, "emailAddress", "unitCost")
        assert [found[one][0][0] for one in ("customer data", "unit costs")] == ["warning", "warning"]
        found = self.look(self.EVERY, "customers(")
        assert found["customer data"] == [
            ("error", "shopify does not permit GrowthCustomers (HTTP 200): Access denied")
        ]

    def test_a_version_that_has_ended_is_seen(self):
        assert self.look(self.EVERY, version="2027-01")["version"] == [
            ("warning", "2026-10 is asked for and 2027-01 answers")
        ]

    def test_what_is_left_of_the_points_is_told_once_a_list(self):
        told: list = []
        bucket = {"maximumAvailable": 2000, "currentlyAvailable": 1900, "restoreRate": 100}
        script = Script(Customers=[{"customers": listed({"id": "1"}, after="a")}, {"customers": listed({"id": "2"})}])
        script.cost = {"cost": {"requestedQueryCost": 100, "throttleStatus": bucket}}
        one = Shopify({"shop_domain": "acme", "access_token": "shpat_canary"})
        with Api(
            one, transport=httpx.MockTransport(script), clock=DemoClock(NOON), watch=Watch(quota=told.append)
        ) as api:
            assert len(list(one.customers.read(one, api, "acme", Window()))) == 2
        assert told == [{"currentlyAvailable": 1900, "maximumAvailable": 2000}]


def cost(points: float, available: float = 2000.0) -> Cost:
    return Cost(points, Throttle(2000.0, available, 100.0))


class TestMeter:
    def test_pages_grow_at_most_twofold_towards_the_target(self):
        meter, sizes = Meter(), []
        for _ in range(8):
            size = meter.size("GrowthOrders").outer
            sizes.append(size)
            meter.learn("GrowthOrders", size, cost(10 * size), 0)
        assert sizes == [5, 10, 20, 40, 80, 95, 95, 95]

    def test_pages_shrink_where_they_turn_out_dear(self):
        meter = Meter()
        meter.size("GrowthOrders").outer = 80
        meter.learn("GrowthOrders", 80, cost(1600), 0)
        assert meter.size("GrowthOrders").outer == 47

    def test_a_small_bucket_makes_small_pages(self):
        """A development store may have a bucket that no full page ever fits."""
        meter = Meter()
        meter.learn("GrowthOrders", 5, Cost(100, Throttle(100.0, 50.0, 10.0)), 0)
        assert meter.size("GrowthOrders").outer == 4

    def test_it_waits_until_the_bucket_holds_the_next_page(self):
        """Next: 10 orders at 10 points. 20 are there at second 0, 100 come back each second."""
        meter = Meter()
        meter.learn("GrowthOrders", 5, cost(50, available=20), 0)
        assert meter.size("GrowthOrders").outer == 10
        assert meter.wait("GrowthOrders", 0) == pytest.approx(0.8)
        assert meter.wait("GrowthOrders", 0.5) == pytest.approx(0.3)
        assert meter.wait("GrowthOrders", 5) == 0

    def test_halving_goes_on_inside(self):
        meter, seen = Meter(), []
        while meter.halve("GrowthOrders"):
            size = meter.size("GrowthOrders")
            seen.append((size.outer, size.inner))
        assert seen == [(2, 5), (1, 5), (1, 2), (1, 1)]

    def test_where_many_lists_are_cut_off_more_is_asked_of_them(self):
        """Each costs a request of its own; a fifth of the records is not yet many."""
        meter = Meter()
        meter.learn("GrowthOrders", 5, cost(100), 0)
        meter.cut_off("GrowthOrders", 0.2)
        assert (meter.size("GrowthOrders").inner, meter.size("GrowthOrders").outer) == (5, 10)
        meter.cut_off("GrowthOrders", 0.25)
        assert (meter.size("GrowthOrders").inner, meter.size("GrowthOrders").outer) == (10, 5)
        for _ in range(9):
            meter.cut_off("GrowthOrders", 1)
        assert (meter.size("GrowthOrders").inner, meter.size("GrowthOrders").outer) == (250, 1)

    def test_a_page_that_is_full_and_cheap_asks_for_more_of_the_lists_inside(self):
        """250 orders are the most there can be; what is left of the points spares the requests for the odd long one."""
        meter = Meter()
        meter.size("GrowthOrders").outer = 250
        meter.learn("GrowthOrders", 250, cost(400), 0)
        meter.cut_off("GrowthOrders", 0)
        assert (meter.size("GrowthOrders").inner, meter.size("GrowthOrders").outer) == (5, 250)
        meter.cut_off("GrowthOrders", 0.01)
        assert (meter.size("GrowthOrders").inner, meter.size("GrowthOrders").outer) == (10, 250)
        meter.learn("GrowthOrders", 250, cost(520), 0)
        meter.cut_off("GrowthOrders", 0.01)
        assert (meter.size("GrowthOrders").inner, meter.size("GrowthOrders").outer) == (10, 250)


@pytest.mark.parametrize(
    "text", ["acme", "ACME.myshopify.com", "https://acme.myshopify.com/admin", " acme.myshopify.com "]
)
def test_the_domain_may_be_written_in_several_ways(text):
    shop = Shopify({"shop_domain": text, "access_token": "x"})
    assert shop.accounts() == ("acme",)
    assert shop.base_url == "https://acme.myshopify.com"


@pytest.mark.parametrize("text", ["www.acme.example", "acme.example", "../acme", "a b"])
def test_a_domain_of_ones_own_is_refused(text):
    with pytest.raises(SettingsError, match="SHOPIFY_SHOP_DOMAIN"):
        Shopify({"shop_domain": text, "access_token": "x"})


def test_a_token_or_an_app_connects():
    """An app made since 2026 has an id and a secret; a lasting token is an older app's."""
    assert Shopify.missing({}) == ("SHOPIFY_SHOP_DOMAIN", "SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET")
    assert Shopify.missing({"shop_domain": "a", "access_token": "x"}) == ()
    assert Shopify.missing({"shop_domain": "a", "client_id": "x"}) == ("SHOPIFY_CLIENT_SECRET",)
    assert Shopify.missing({"shop_domain": "a", "client_id": "x", "client_secret": "y"}) == ()

"""The demo's faces page, write, let in and throttle as the vendors do, and say the same for ever."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import demo_asking as ask
import httpx
import pytest
from graphql import FragmentSpreadNode, parse

from growthos import demo
from growthos.connectors import shopify_counts, shopify_queries
from growthos.demo import shopify
from growthos.demo.shop import Shop
from growthos.period import Period

ALL = (demo.FIRST_DAY, demo.LAST_DAY)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return demo.make_shop(42)


@pytest.mark.long
def test_every_list_takes_three_pages_and_holds_everything_once(shop):
    api = ask.Caller(shop)
    for name, ids in (
        ("orders", [shopify.write.gid("Order", one.id) for one in shop.orders]),
        ("customers", [shopify.write.gid("Customer", one.id) for one in shop.customers]),
        ("products", [shopify.write.gid("Product", one.id) for one in shop.products]),
        (
            "inventoryItems",
            [shopify.write.gid("InventoryItem", one.inventory_item_id) for one in shop.variants().values()],
        ),
    ):
        pages = list(api.shopify_list(name, 50))
        assert len(pages) >= 3
        assert sorted(node["id"] for page in pages for node in page["nodes"]) == sorted(ids)
    for edge, count in (
        ("campaigns", 4),
        ("insights", sum(one.campaign.platform == "meta" for one in shop.campaign_days)),
    ):
        pages = list(api.meta_list(edge, *ALL))
        assert len(pages) >= 3
        assert sum(len(page) for page in pages) == count
    pages = list(api.ga4_pages(*ALL))
    assert len(pages) >= 3
    assert sum(len(page["rows"]) for page in pages) == len(shop.traffic) == pages[0]["rowCount"]
    chunks = api.google(ask.GOOGLE_METRICS.format(first=ALL[0], last=ALL[1]))
    assert len(chunks) >= 3
    assert sum(len(one["results"]) for one in chunks) == sum(
        x.campaign.platform == "google" for x in shop.campaign_days
    )


def test_lists_inside_records_are_cut_and_go_on(shop):
    api = ask.Caller(shop)
    long = max(shop.orders, key=lambda one: len(one.lines))
    order = shopify.write.gid("Order", long.id)
    (node,) = api.shopify("GrowthOrdersAgain", ids=[order], lineItems=10)["nodes"]
    got, part, pages = node["lineItems"]["nodes"], node["lineItems"], 1
    while part["pageInfo"]["hasNextPage"]:
        answer = api.shopify("GrowthOrderLineItems", id=order, first=50, after=part["pageInfo"]["endCursor"])["order"]
        assert answer["updatedAt"] == node["updatedAt"]
        part = answer["lineItems"]
        got, pages = got + part["nodes"], pages + 1
    assert [one["id"] for one in got] == [shopify.write.gid("LineItem", one.id) for one in long.lines]
    assert pages >= 3
    refund = next(one for one in long.refunds)
    told = api.shopify("GrowthRefundLineItems", id=shopify.write.gid("Refund", refund.id), first=250, after=None)
    assert len(told["refund"]["refundLineItems"]["nodes"]) == 110
    poster = max(shop.products, key=lambda one: len(one.variants))
    told = api.shopify("GrowthProductVariants", id=shopify.write.gid("Product", poster.id), first=250, after=None)
    assert len(told["product"]["variants"]["nodes"]) == 130
    assert api.shopify("GrowthRefunds", ids=["gid://shopify/Refund/1"], refundLines=5)["nodes"] == [None]


def test_orders_are_found_by_when_they_changed(shop):
    api = ask.Caller(shop)
    since, until = "2026-03-20T10:00:00Z", "2026-03-21T10:00:00Z"
    (page,) = api.shopify_list("orders", 250, query=f"updated_at:>='{since}' updated_at:<'{until}'")
    versions = [node["updatedAt"] for node in page["nodes"]]
    bounds = [int(datetime.fromisoformat(one).timestamp()) for one in (since, until)]
    assert len(versions) == sum(bounds[0] <= order.updated_at < bounds[1] for order in shop.orders) > 10
    assert versions == sorted(versions)


def test_orders_are_counted_by_the_day_on_which_they_were_made(shop):
    """An imported order was made later than its sale; all are counted, test orders too."""
    days = Period(demo.LAST_DAY - timedelta(days=40), demo.LAST_DAY)
    told = ask.Caller(shop).shopify(shopify_counts.OPERATION, text=shopify_counts.query(days))
    made = Counter(datetime.fromtimestamp(one.created_at, UTC).date() for one in shop.orders)
    assert [told[shopify_counts.alias(day)] for day in days] == [
        {"count": made[day], "precision": "EXACT"} for day in days
    ]
    assert sum(one["count"] for one in told.values()) > 500


def test_customers_are_found_by_the_day_alone(shop):
    api = ask.Caller(shop)
    pages = api.shopify_list("customers", 250, query="updated_at:>='2026-03-27T23:00:00Z'")
    found = [node["updatedAt"] for page in pages for node in page["nodes"]]
    assert min(found) < "2026-03-27T23:00:00Z"
    assert min(found) >= "2026-03-27T00:00:00Z"


def test_money_and_numbers_are_written_as_the_vendors_do(shop):
    api = ask.Caller(shop)
    orders = next(iter(api.shopify_list("orders", 50)))["nodes"]
    amounts = {node["totalPriceSet"]["shopMoney"]["amount"] for node in orders}
    assert all(isinstance(one, str) and "." in one for one in amounts)
    assert any(len(one.split(".")[1]) == 1 for one in amounts)
    customer = next(iter(api.shopify_list("customers", 50)))["nodes"][0]
    assert isinstance(customer["numberOfOrders"], str)
    row = api.google(ask.GOOGLE_METRICS.format(first=ALL[0], last=ALL[1]))[0]["results"][0]
    assert isinstance(row["metrics"]["costMicros"], str)
    assert isinstance(row["metrics"]["conversions"], float)
    insights = [one for page in api.meta_list("insights", *ALL) for one in page]
    assert all(isinstance(one["spend"], str) and one.get("actions", "absent") != [] for one in insights)
    assert all(value["value"] not in ("0", "0.00") for one in insights for value in one.get("action_values", ()))
    types = {one["action_type"] for row in insights for one in row["actions"]}
    assert {"purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase", "onsite_web_purchase"} <= types
    (page, *_) = api.ga4_pages(*ALL)
    assert all(isinstance(value["value"], str) for value in page["rows"][0]["metricValues"])


def test_a_face_sends_what_was_asked_and_no_more(shop):
    api = ask.Caller(shop)
    insight = next(iter(api.meta_list("insights", *ALL, fields="campaign_id,date_start,spend")))[0]
    assert set(insight) == {"campaign_id", "date_start", "spend"}
    row = api.google("SELECT campaign.id FROM campaign ORDER BY campaign.id")[0]["results"][0]
    assert set(row) == {"campaign"}
    assert set(row["campaign"]) == {"resourceName", "id"}
    (page, *_) = api.ga4_pages(*ALL, dimensions=("date",), metrics=("sessions",))
    assert len(page["rows"]) == 100
    assert page["rowCount"] == 180
    without = api.shopify("GrowthOrders", without=("personal",), first=2, after=None, query=None, lineItems=1)
    assert not {"email", "shippingAddress"} & set(without["orders"]["nodes"][0])
    without = api.shopify("GrowthInventoryItems", without=("cost",), first=2, after=None, query=None)
    assert "unitCost" not in without["inventoryItems"]["nodes"][0]


def keys_asked(selections, fragments) -> dict[str, dict]:
    """The fields of a selection, by name, each with the fields inside it."""
    fields: dict[str, dict] = {}
    for one in selections.selections:
        if isinstance(one, FragmentSpreadNode):
            fields |= keys_asked(fragments[one.name.value].selection_set, fragments)
        else:
            fields[(one.alias or one.name).value] = (
                keys_asked(one.selection_set, fragments) if one.selection_set else {}
            )
    return fields


def has_just(answer, fields: dict[str, dict]) -> bool:
    """Whether an answer has all fields that were asked for and no others, all the way down."""
    if isinstance(answer, list):
        return all(has_just(one, fields) for one in answer)
    if isinstance(answer, dict):
        return answer.keys() == fields.keys() and all(has_just(answer[name], inner) for name, inner in fields.items())
    return True


@pytest.mark.parametrize("operation", shopify_queries.OPERATIONS)
@pytest.mark.parametrize("without", [(), ("personal", "cost")])
def test_a_shopify_answer_has_the_fields_of_its_query_and_no_others(shop, operation, without):
    long = max(shop.orders, key=lambda one: len(one.lines))
    odd = [one for one in shop.orders if one.fees_cents or one.duties_cents or (one.refunds and one.visit)]
    ids = {
        "Order": [shopify.write.gid("Order", one.id) for one in (long, *odd[:15])],
        "Refund": [shopify.write.gid("Refund", back.id) for one in shop.orders for back in one.refunds][:20],
        "Product": [shopify.write.gid("Product", shop.products[-2].id)],
    }
    kind = "Refund" if "Refund" in operation else "Product" if "Product" in operation else "Order"
    variables = {"first": 3, "after": None, "query": None, "lineItems": 3, "refundLines": 3, "variants": 3}
    variables |= {"ids": ids[kind], "id": ids[kind][0]}
    document = parse(shopify_queries.text(operation, without=without))
    asked, *named = document.definitions
    names = {one.variable.name.value for one in asked.variable_definitions or ()}
    given = {name: value for name, value in variables.items() if name in names}
    data = ask.Caller(shop).shopify(operation, without, **given)
    assert has_just(data, keys_asked(asked.selection_set, {one.name.value: one for one in named}))
    assert None not in data.values()


def test_what_is_empty_is_absent(shop):
    api = ask.Caller(shop)
    (page,) = api.ga4_pages(date(2020, 1, 1), date(2020, 1, 2))
    assert not {"rows", "rowCount"} & set(page)
    assert page["metadata"] == {"currencyCode": "USD", "timeZone": "UTC"}
    (chunk,) = api.google(ask.GOOGLE_METRICS.format(first="2020-01-01", last="2020-01-02"))
    assert "results" not in chunk
    assert list(api.meta_list("insights", date(2020, 1, 1), date(2020, 1, 2))) == [[]]


AD_FIELDS = "campaign_id,adset_id,ad_id,date_start,spend,impressions,clicks,inline_link_clicks,actions,action_values"
PIXEL, ON_SITE = "offsite_conversion.fb_pixel_purchase", "onsite_web_purchase"
FIGURES = ("spend", "impressions", "clicks", "inline_link_clicks")


def figures(row) -> dict[tuple[str, str], Decimal]:
    """What an insights row adds up, by figure and, of the actions, by type; where an order came in is all one."""
    found = {(name, ""): Decimal(row.get(name, 0)) for name in FIGURES}
    for name in ("actions", "action_values"):
        for one in row.get(name, ()):
            kind = "bought" if one["action_type"] in {PIXEL, ON_SITE} else one["action_type"]
            found[name, kind] = found.get((name, kind), Decimal(0)) + Decimal(one["value"])
    return found


def added(rows) -> Counter:
    """Figures of many rows, added up."""
    total = Counter()
    for row in rows:
        total.update(figures(row))
    return +total


def test_meta_ads_add_up_to_their_campaign_and_campaigns_to_the_account(shop):
    """Day by day, to the cent, the click and the purchase; an ad that has ended has no more rows."""
    api = ask.Caller(shop)
    campaigns = [one for page in api.meta_list("insights", *ALL) for one in page]
    some = [one for page in api.meta_list("insights", *ALL, fields=AD_FIELDS, level="ad") for one in page]
    by_campaign, by_day = defaultdict(list), defaultdict(list)
    for row in some:
        by_campaign[row["campaign_id"], row["date_start"]].append(row)
    assert by_campaign.keys() == {(one["campaign_id"], one["date_start"]) for one in campaigns}
    for one in campaigns:
        assert added(by_campaign[one["campaign_id"], one["date_start"]]) == added([one])
        by_day[one["date_start"]].append(one)
    fields = ",".join(("date_start", *FIGURES))
    account = [one for page in api.meta_list("insights", *ALL, fields=fields, level="account") for one in page]
    assert {one["date_start"] for one in account} == by_day.keys()
    for row in account:
        whole = added(by_day[row["date_start"]])
        assert added([row]) == Counter({name: value for name, value in whole.items() if name[0] in FIGURES})
    assert {len(rows) for rows in by_campaign.values()} == {1, 2}


def test_meta_leaves_out_what_is_gone_unless_it_is_asked_for(shop):
    api = ask.Caller(shop)
    asked = {"fields": "id,campaign_id,adset_id,effective_status,creative{object_type}", "limit": "200"}
    first = api.meta("ads", **asked)
    usual = first["data"] + api.meta("ads", **asked, after=first["paging"]["cursors"]["after"])["data"]
    gone = api.meta("ads", **asked, effective_status='["ARCHIVED","DELETED"]')["data"]
    assert {one["effective_status"] for one in gone} == {"ARCHIVED", "DELETED"}
    ids = [one["id"] for one in usual + gone]
    assert len(ids) == len(set(ids)) == 8
    assert all(one["creative"].keys() == {"id", "object_type"} for one in usual)
    sets = api.meta("adsets", fields="id,campaign_id", limit="200")["data"]
    pairs = {(one["id"], one["campaign_id"]) for one in sets}
    assert {(one["adset_id"], one["campaign_id"]) for one in usual + gone} == pairs


def test_meta_writes_the_token_into_its_links(shop):
    api = ask.Caller(shop)
    said = api.meta("campaigns", fields="id", limit="200", effective_status='["ACTIVE","PAUSED"]')
    assert len(said["data"]) == 2
    assert demo.FACES["meta"].TOKEN in said["paging"]["next"]


# --- the faces: whom they let in, and how often --------------------------------------------------------------------


def asked_once(source: str) -> httpx.Request:
    """A request that the face of a source answers when it comes with a token that is good."""
    face = demo.FACES[source]
    path = {
        "shopify": "/admin/api/2026-10/graphql.json",
        "meta": f"/v26.0/act_{getattr(face, 'ACCOUNT', '')}",
        "google_ads": f"/v26/customers/{getattr(face, 'CUSTOMER', '')}/googleAds:searchStream",
        "ga4": f"/v1beta/properties/{getattr(face, 'PROPERTY', '')}:runReport",
    }[source]
    return httpx.Request("POST", f"https://{face.HOSTS[0]}{path}", json={})


@pytest.mark.parametrize("source", demo.FACES)
def test_a_wrong_token_is_refused(shop, source):
    request = asked_once(source)
    request.headers["authorization"] = "Bearer ya29.stolen"
    request.headers["x-shopify-access-token"] = "shpat_stolen"
    assert ask.Caller(shop).send(request).status_code == 401
    assert demo.FACES[source].DENIED.status_code in (400, 401)


@pytest.mark.parametrize("source", ["shopify", "google_ads", "ga4"])
def test_a_token_ends(shop, source):
    clock = ask.Clock()
    api = ask.Caller(shop, clock)
    api.check(source)
    clock.now += timedelta(seconds=3_600 if source != "shopify" else 86_400)
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        api.check(source)


@pytest.mark.parametrize("source", ["shopify", "google_ads", "ga4"])
def test_a_token_cannot_be_made_at_home(shop, source):
    api = ask.Caller(shop)
    given = api.token(source)
    api.tokens[source] = given[:-1] + ("0" if given[-1] != "0" else "1")
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        api.check(source)


@pytest.mark.parametrize(("source", "field"), [("shopify", "client_secret"), ("google_ads", "refresh_token")])
def test_no_token_for_a_wrong_secret(shop, source, field):
    api = ask.Caller(shop)
    assert api.grant(source, {field: "wrong"}).status_code == 400
    assert api.grant(source, {}).status_code == 200


def test_meta_wants_the_proof(shop):
    face = demo.FACES["meta"]
    url = f"https://graph.facebook.com/v26.0/act_{face.ACCOUNT}?fields=id"
    request = httpx.Request("GET", url, headers={"authorization": f"Bearer {face.TOKEN}"})
    assert ask.Caller(shop).send(request).status_code == 400
    proved = httpx.Request("GET", f"{url}&appsecret_proof={ask.PROOF}", headers=request.headers)
    assert ask.Caller(shop).send(proved).status_code == 200


def test_shopify_refuses_dear_queries(shop):
    said = ask.Caller(shop).shopify_raw("GrowthProducts", first=250, after=None, query=None, variants=250)
    assert said["extensions"]["cost"]["requestedQueryCost"] <= 1_000
    said = ask.Caller(shop).shopify_raw("GrowthOrdersAgain", ids=["gid://shopify/Order/1"] * 50, lineItems=250)
    (error,) = said["errors"]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert "data" not in said


def test_shopify_throttles_and_recovers_with_time(shop):
    clock = ask.Clock()
    api = ask.Caller(shop, clock)
    page = {"first": 50, "after": None, "query": None, "lineItems": 10}
    first = api.shopify_raw("GrowthOrders", **page)["extensions"]["cost"]
    for _ in range(20):
        said = api.shopify_raw("GrowthOrders", **page)
        if "errors" in said:
            break
    assert said["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = said["extensions"]["cost"]
    lacking = cost["requestedQueryCost"] - cost["throttleStatus"]["currentlyAvailable"]
    assert 0 < lacking <= first["requestedQueryCost"]
    clock.now += timedelta(seconds=lacking / cost["throttleStatus"]["restoreRate"])
    assert "errors" not in api.shopify_raw("GrowthOrders", **page)


def test_every_face_can_say_that_it_is_busy():
    for name, face in demo.FACES.items():
        assert face.BUSY.status_code in (200, 400, 429), name
        assert face.BUSY.content != face.DENIED.content
    assert b"THROTTLED" in demo.FACES["shopify"].BUSY.content


def test_a_face_goes_by_the_path_alone_so_that_it_may_stand_anywhere(shop):
    for source, path in (("shopify", "/admin/oauth/access_token"), ("google_ads", "/token"), ("ga4", "/token")):
        kind = "client_credentials" if source == "shopify" else "refresh_token"
        secrets = {
            name: text for name, text in demo.FACES[source].SETTINGS.items() if not name.endswith(("domain", "_id"))
        }
        form = {"grant_type": kind, "client_id": demo.FACES[source].SETTINGS["client_id"]} | secrets
        request = httpx.Request("POST", f"http://127.0.0.1:8000{path}", data=form)
        assert demo.FACES[source].answer(shop, request, lambda: ask.Clock.START).status_code == 200, source


def test_nobody_else_is_there(shop):
    with pytest.raises(httpx.ConnectError, match=r"example\.com"):
        ask.Caller(shop).send(httpx.Request("GET", "https://example.com/"))


def test_the_shop_is_made_when_somebody_asks(shop):
    made = []

    def make() -> Shop:
        made.append(1)
        return shop

    transport = demo.transport(make, lambda: ask.Clock.START)
    assert not made
    for _ in range(2):
        transport.handle_request(asked_once("ga4"))
    assert made == [1]


def test_settings_open_every_door():
    assert set(demo.settings()) == set(demo.FACES) == {"shopify", "meta", "google_ads", "ga4"}


# --- the same for ever ---------------------------------------------------------------------------------------------

DIGEST = "import demo_asking; print(demo_asking.digest(42))"


@pytest.mark.long
def test_the_same_questions_have_the_same_answers_however_fast_they_are_asked():
    slow = ask.Clock(step=0.37)
    quick = ask.Clock()
    assert ask.digest(42, slow) == ask.digest(42, quick)
    assert ask.digest(42, quick) != ask.digest(43, quick)


@pytest.mark.long
@pytest.mark.parametrize(("zone", "words", "hashes"), [("EAST-14", "C", "1"), ("WEST3:30", "tr_TR.UTF-8", "77")])
def test_the_same_seed_is_the_same_shop_in_any_place(zone, words, hashes):
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"TZ": zone, "LC_ALL": words, "PYTHONHASHSEED": hashes, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", DIGEST], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ask.digest(42)


def test_to_name_the_demo_costs_no_http_client():
    """Its settings are read at every start of the program in the demo."""
    code = "import sys, growthos.demo as demo; demo.settings(); print({'httpx', 'pydantic_core'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.long
def test_a_demo_reads_in_nothing_of_the_network(tmp_path):
    """What opens connections costs a twentieth of the second demo, which opens none."""
    code = "import sys; from growthos import cli; cli.run(['-q', 'demo']); print('httpcore' in sys.modules)"
    env = os.environ | {"GROWTHOS_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"

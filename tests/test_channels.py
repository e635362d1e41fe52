"""The channel and the campaign of an order, and the channel of a session: rule by rule, word by word."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import duckdb
import pytest
from warehouse_fixtures import build, google_row, line, meta_row, new, order, published, traffic_row

from growthos.warehouse import sqlfiles

SHOP = "https://toyshop.example"


def url(**parameters: str) -> str:
    """A landing page with these parameters, encoded as a browser does."""
    return f"{SHOP}/toys?" + "&".join(f"{name}={quote_plus(value)}" for name, value in parameters.items())


def landed(**parameters: str) -> dict[str, Any]:
    return {"landingPageUrl": url(**parameters)}


def came_from(referrer: str) -> dict[str, Any]:
    return {"landingPageUrl": SHOP, "referrerUrl": referrer}


def visit(**fields: Any) -> dict[str, Any]:
    return {"customerJourneySummary": {"ready": True, "lastVisit": fields}}


def tagged(source: str | None, medium: str | None, **more: Any) -> dict[str, Any]:
    utm = {"source": source, "medium": medium, "campaign": more.pop("campaign", None)}
    return visit(landingPage=SHOP, utmParameters=utm, **more)


EMAIL_SENDERS = ("klaviyo", "mailchimp", "omnisend", "sendgrid", "hubspot", "brevo", "attentive-email")
META = ("facebook", "fb", "instagram", "ig", "meta", "an", "msg")
GOOGLE = ("google", "adwords", "youtube", "dv360")
SOCIAL = (
    *("facebook", "fb", "instagram", "ig", "meta", "tiktok", "pinterest", "twitter", "x", "t", "youtube", "linkedin"),
    *("lnkd", "reddit", "snapchat", "threads"),
)
SEARCH = ("google", "bing", "yahoo", "duckduckgo", "ecosia", "baidu", "yandex", "qwant", "startpage", "brave")

ORDERS: dict[str, tuple[dict[str, Any], int, str]] = {
    "pos wins over all": ({"sourceName": "pos", **landed(gclid="1")}, 1, "pos"),
    "a draft without a touch": ({"sourceName": "shopify_draft_order"}, 2, "other"),
    "an app without a name": ({"sourceName": None}, 2, "other"),
    "a campaign alone is no UTM": ({"sourceName": "app", **visit(utmParameters={"campaign": "spring"})}, 2, "other"),
    "a draft with a touch": ({"sourceName": "app", **tagged("fb", "cpc")}, 5, "meta"),
    **{f"{name} beats a paid Meta tag": (landed(utm_source="fb", utm_medium="cpc", **{name: "x"}), 3, "google")
       for name in ("gclid", "gbraid", "wbraid")},
    "an empty click id is none": (landed(gclid="", utm_source="fb", utm_medium="cpc"), 5, "meta"),
    **{name: (landed(**{name: "x"}, utm_source="google", utm_medium="cpc"), 4, "paid_other")
       for name in ("msclkid", "ttclid", "twclid", "epik", "li_fat_id")},
    **{f"paid {word}": (tagged(word, "cpc"), 5, "meta") for word in META},
    **{f"paid {word}": (tagged(word, "cpc"), 5, "google") for word in GOOGLE},
    **{f"medium {word}": (tagged("fb", word), 5, "meta")
       for word in ("cpm", "paid_social", "PPC ", "retargeting", "xcpx", "paid")},
    "paid and nobody's": (tagged("tiktok", "paid"), 5, "paid_other"),
    "paid without a source": (tagged(None, "cpc"), 5, "paid_other"),
    "unpaid medium": (tagged("newsletter", "unpaid"), 10, "other"),
    **{f"medium {word}": (tagged("newsletter", word), 6, "email") for word in ("email", "e-mail", "e_mail", "e mail")},
    **{f"source {word}": (tagged(word, "flow"), 6, "email") for word in ("Email", *EMAIL_SENDERS)},
    "sms as medium": (tagged("postscript", "sms"), 7, "sms"),
    "sms as source": (tagged("sms", None), 7, "sms"),
    "an e-mail sender's text message": (tagged("klaviyo", "sms"), 6, "email"),
    "affiliate": (tagged("blog", "affiliate"), 7, "affiliate"),
    "affiliates": (tagged("blog", "affiliates"), 7, "affiliate"),
    **{f"medium {word}": (tagged("somewhere", word), 8, "organic_social")
       for word in ("social", "social-network", "social-media", "sm")},
    **{f"unpaid {word}": (tagged(word, "post"), 8, "organic_social") for word in SOCIAL},
    "medium organic": (tagged("somewhere", "organic"), 9, "organic_search"),
    **{f"unpaid {word}": (tagged(word, "free"), 9, "organic_search") for word in SEARCH},
    "a source is a word, not a host": (tagged("www.google.de", "free"), 10, "other"),
    **{f"medium {word}": (tagged("somewhere", word), 10, "referral") for word in ("referral", "app", "link")},
    "any other tag": (tagged("somewhere", None), 10, "other"),
    "(not set) and (none) are none": (tagged("(not set)", "(none)"), 13, "direct"),
    "fbclid": (landed(fbclid="x"), 11, "organic_social"),
    "fbclid with a paid medium": (landed(fbclid="x", utm_medium="paid", utm_source="ig"), 5, "meta"),
    "fbclid with another tag": (landed(fbclid="x", utm_source="somewhere"), 10, "other"),
    **{f"from {word}": (came_from(f"https://www.{word}.de/a?b=c"), 12, "organic_search") for word in SEARCH},
    **{f"from {word}": (came_from(f"HTTPS://l.{word.upper()}.com"), 12, "organic_social") for word in SOCIAL},
    **{f"from {host}": (came_from(f"https://{host}/x"), 12, "direct")
       for host in ("toyshop.example", "www.toyshop.example", "toyshop.myshopify.com", "checkout.shopify.com",
                    "shop.app", "pay.shopify.com")},
    "from a name that only ends alike": (came_from("https://nottoyshop.example/"), 12, "referral"),
    "from a word within a word": (came_from("https://googleplex.example/"), 12, "referral"),
    "from a port and a user": (came_from("https://me:pw@blog.example:8080/"), 12, "referral"),
    "a landing page and nothing else": ({"landingPageUrl": SHOP}, 13, "direct"),
    "the web and nothing at all": ({}, 13, "direct"),
    "names and values are decoded": ({"landingPageUrl": f"{SHOP}/?UTM%5FSource=%46B&utm_medium=%43PC"}, 5, "meta"),
    "the first of two": ({"landingPageUrl": f"{SHOP}/?utm_source=fb&utm_source=google&utm_medium=cpc"}, 5, "meta"),
    "what follows # is no parameter": ({"landingPageUrl": f"{SHOP}/?a=b#gclid=1"}, 13, "direct"),
    "a tag that does not decode": ({"landingPageUrl": f"{SHOP}/?utm_source=%FF%FE"}, 10, "other"),
    "an encoding that is none": ({"landingPageUrl": f"{SHOP}/?utm_source=%E4%&gclid=1"}, 3, "google"),
    "the visit beats the order's own page": ({**visit(landingPage=url(gclid="1")), **landed(ttclid="2")}, 3, "google"),
    "field by field": ({**visit(landingPage=None, referrerUrl="https://bing.com", utmParameters=None),
                        "landingPageUrl": SHOP, "referrerUrl": "https://facebook.com"}, 12, "organic_search"),
    "a tag of the visit beats the page's": (
        {**tagged("klaviyo", None), **landed(utm_source="fb", utm_medium="cpc")}, 6, "email"),
    "a tag that the visit lacks is the page's": (
        visit(landingPage=url(utm_medium="cpc"), utmParameters={"source": "instagram"}), 5, "meta"),
}  # fmt: skip

SESSIONS = [
    *((group, source, "google") for group in
      ("Paid Search", "Paid Shopping", "Paid Video", "Display", "Cross-network") for source in ("google", "(not set)")),
    ("Paid Search", "bing", "paid_other"),
    ("Paid Video", "youtube.com", "google"),
    ("Display", "dv360", "google"),
    ("Paid Social", "facebook", "meta"),
    ("Paid Social", "m.facebook.com", "meta"),
    ("Paid Social", "(not set)", "meta"),
    ("paid social", "tiktok", "paid_other"),
    ("Paid Other", "x", "paid_other"),
    ("Audio", "spotify", "paid_other"),
    ("Organic Search", "google", "organic_search"),
    ("Organic Shopping", "google", "organic_search"),
    ("Organic Social", "facebook", "organic_social"),
    ("Organic Video", "youtube", "organic_social"),
    ("Email", "klaviyo", "email"),
    ("SMS", "postscript", "sms"),
    ("Affiliates", "blog", "affiliate"),
    ("Referral", "blog", "referral"),
    ("Direct", "(direct)", "direct"),
    *((group, "x", "other") for group in
      ("Mobile Push Notifications", "Unassigned", "(other)", "(not set)", "AI Assistants")),
]  # fmt: skip


@dataclass
class Campaigns:
    """Campaigns of both platforms: two share a name, one is called like another's id."""

    day: str = "2026-03-20"

    def spend(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        meta = [
            meta_row("11", self.day, campaign_name="Spring  Sale"),
            meta_row("12", self.day, "0.00", campaign_name="Twin"),
            meta_row("12", "2026-03-25", "0.00", campaign_name="Twin"),
            meta_row("13", self.day, campaign_name="twin "),
            meta_row("14", "2026-03-21", campaign_name="Later"),
            meta_row("15", "2026-03-22", campaign_name="Later"),
            meta_row("9", "2026-03-22", campaign_name="Later"),
            meta_row("16", self.day, campaign_name="11"),
        ]
        return meta, [google_row("21", self.day, name="Spring Sale"), google_row("22", self.day, name="A+B")]


MATCHES = [
    (landed(utm_source="fb", utm_medium="cpc", utm_campaign=" spring sale"), "meta:11"),
    (landed(utm_source="google", utm_medium="cpc", utm_campaign="SPRING+SALE"), "google:21"),
    (landed(gclid="1", utm_campaign="a b"), "google:22"),
    (landed(utm_source="fb", utm_medium="cpc", utm_campaign="11"), "meta:11"),
    (landed(utm_source="fb", utm_medium="cpc", utm_campaign="Spring Sale", utm_id="13"), "meta:13"),
    (landed(utm_source="fb", utm_medium="cpc", utm_campaign="spring sale", utm_id="21"), "meta:11"),
    (landed(utm_source="fb", utm_medium="cpc", utm_campaign="twin"), "meta:13"),
    (landed(utm_source="fb", utm_medium="cpc", utm_campaign="later"), "meta:9"),
    (landed(utm_source="fb", utm_medium="cpc", utm_campaign="unheard of"), "unknown"),
    (landed(utm_source="klaviyo", utm_campaign="spring sale"), "unknown"),
    (landed(utm_source="tiktok", utm_medium="cpc", utm_campaign="11"), "unknown"),
    (tagged("fb", "cpc", campaign="Spring Sale"), "meta:11"),
]


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """One shop with an order for each case, by number, and its sessions."""
    raw = new(tmp_path_factory.mktemp("channels"))
    raw.shop()
    touches = [given for given, _, _ in ORDERS.values()] + [given for given, _ in MATCHES]
    raw.orders(*(order(i, Campaigns.day, line(i, "1.00"), **given) for i, given in enumerate(touches, start=1)))
    meta, google = Campaigns().spend()
    raw.meta(*meta)
    raw.google(*google)
    raw.traffic(
        *(traffic_row(Campaigns.day, group, f"{source}", str(i), "1") for i, (group, source, _) in enumerate(SESSIONS))
    )
    assert build(raw).published
    with published(raw) as made:
        yield made


@pytest.mark.parametrize("name", ORDERS)
def test_the_channel_of_an_order(con: duckdb.DuckDBPyConnection, name: str) -> None:
    _, rule, slug = ORDERS[name]
    number = list(ORDERS).index(name) + 1
    found = con.execute(
        "select attribution_rule, slug from fact_orders join dim_channel using (channel_key) where order_key = $key",
        {"key": f"shopify:{number}"},
    ).fetchall()
    assert found == [(rule, slug)]


@pytest.mark.parametrize("number", range(len(MATCHES)))
def test_the_campaign_of_an_order(con: duckdb.DuckDBPyConnection, number: int) -> None:
    key = f"shopify:{len(ORDERS) + number + 1}"
    found = con.execute("select campaign_key from fact_orders where order_key = $key", {"key": key}).fetchall()
    assert found == [(MATCHES[number][1],)]


@pytest.mark.parametrize("number", range(len(SESSIONS)), ids=lambda i: f"{SESSIONS[i][0]} {SESSIONS[i][1]}")
def test_the_channel_of_a_session(con: duckdb.DuckDBPyConnection, number: int) -> None:
    found = con.execute(
        "select slug from fact_traffic join dim_channel using (channel_key) where medium = $medium",
        {"medium": str(number)},
    ).fetchall()
    assert found == [(SESSIONS[number][2],)]


def test_the_word_lists_are_these() -> None:
    text = sqlfiles.read(sqlfiles.SQL / "marts/channel_words.sql").query.replace(
        "from stg__channel_rules", "from (select '' as list, 'x' as word where false)"
    )
    with duckdb.connect() as con:
        lists = dict(con.execute(f"select list, list_sort(list(word)) from ({text}) group by list").fetchall())
    assert lists["email_sender"] == sorted(EMAIL_SENDERS)
    assert lists["meta_source"] == sorted(META)
    assert lists["google_source"] == sorted(GOOGLE)
    assert lists["social"] == sorted(SOCIAL)
    assert lists["search"] == sorted(SEARCH)


def test_a_source_adds_its_own_words(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    copy = tmp_path / "sql"
    shutil.copytree(sqlfiles.SQL, copy)
    (copy / "staging/stg_toy__channel_rules.sql").write_text(
        "-- Words of a toy source.\n-- grain: list, word\n"
        "select 'search' as list, 'Kagi' as word, 'kagi' as external_id, null::varchar as reject_reason, "
        "null::varchar as payload"
    )
    monkeypatch.setattr(sqlfiles, "SQL", copy)
    raw = new(tmp_path)
    raw.shop()
    raw.orders(order(1, "2026-03-20", line(1, "1.00"), **came_from("https://kagi.com/search")))
    assert build(raw).published
    with published(raw) as con:
        assert con.execute("select channel_key, attribution_rule from fact_orders").fetchall() == [(4, 12)]

"""The business review: numbers as on paper, words that hold, and a page that nothing from data can change."""

import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hand_made import HOSTILE, publish
from kpi_fixtures import LAST_DAY, Shop, day
from test_cohorts import two_months

from growthos import alerts, cli, weekly
from growthos.errors import ExitCode
from growthos.kpis import KPIS
from growthos.last_build import Check, LastBuild
from growthos.period import Period
from growthos.render import weekly_html, weekly_page
from growthos.render.charts import Heat, Meter, chart
from growthos.render.pages import Cell, Note, Table
from growthos.render.weekly_cohorts import Ages
from growthos.render.weekly_markdown import as_markdown
from growthos.weekly import Review, review
from growthos.wording import money

WEEK = Period(day(23), LAST_DAY)
NOW = datetime(2026, 3, 30, 6, tzinfo=UTC)
ASKING = weekly.Asking("myshop", "9.9", "growthos report --since 2026-03-23 --until 2026-03-29", NOW)
NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnirps\u200b\u2066",
    "a|b `c` [d](https://example.com) **e** \\| <!--",
    "</style><style>*{display:none}",
    "שלום " + "x" * 300,
]
LARGEST = 300_000


def of(
    shop: Shop, period: Period = WEEK, last: LastBuild | None = None, errors: tuple[tuple[str, str], ...] = ()
) -> Review:
    return review(shop.con, period, ASKING, alerts.evaluate(shop.con, period.last), last, errors)


class Seen(HTMLParser):
    """What is in a page: its elements with their attributes, and the text of each cell, heading and paragraph."""

    BLOCKS = ("h1", "h2", "h3", "p", "td", "th", "dt", "dd", "caption", "figcaption", "li")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in self.BLOCKS:
            self.texts.append((tag, ""))

    def handle_data(self, data: str) -> None:
        if self.texts:
            tag, text = self.texts[-1]
            self.texts[-1] = tag, text + data

    def of(self, *tags: str) -> list[str]:
        return [" ".join(text.split()) for tag, text in self.texts if tag in tags]


def seen(found: Review) -> Seen:
    return Seen(weekly_html.as_html(found))


def blocks(found: Review, slug: str) -> tuple[object, ...]:
    return next(one.blocks for one in weekly_page.sections(found) if one.slug == slug)


def texts(row: tuple[Cell, ...]) -> list[str]:
    return [cell.text for cell in row]


def words(found: Review, slug: str) -> str:
    return " ".join(block.text for block in blocks(found, slug) if isinstance(block, Note))


def a_week() -> Shop:
    """The week before 4 orders of 100.00, 50.00 of ads, 200 visits; this week 1 order of 120.00, 60.00, 400 visits."""
    shop = Shop()
    for number in range(4):
        shop.order(day(16), 10_000, channel="meta", customer=f"c{number}", seq=1, cogs=4_000)
    shop.order(day(24), 12_000, channel="meta", customer="c4", seq=1, cogs=5_000)
    shop.ads(day(16), 5_000, impressions=1_000, clicks=50, conversions=2, value=20_000)
    shop.ads(day(24), 6_000, impressions=1_000, clicks=40, conversions=1, value=3_000)
    shop.visits(day(16), 200, views=100, carts=40, checkouts=20, purchases=10)
    shop.visits(day(24), 400, views=220, carts=44, checkouts=22, purchases=4)
    return shop


@cache
def the_week() -> Review:
    return of(a_week())


def test_what_was_sold_and_what_is_left_is_told():
    """120.00 - 50.00 - 60.00 = 10.00; before, 400.00 - 160.00 - 50.00 = 190.00; and 120 is 70 % less than 400."""
    assert words(the_week(), "what-happened").startswith(
        "1 order brought $120.00 of net revenue (-70.0%); before, it was 4 orders and $400.00. Ads cost $60.00. After "
        "goods, shipping, payment and ads $10.00 is left, before $190.00."
    )


def test_the_headline_kpi_that_moved_most_is_split():
    """ROAS went from 4.00 to 0.50, by 7/8 of the greater; conversion by 0.8, CAC from 12.50 to 60.00 by 0.79."""
    found = the_week()
    assert found.why is not None
    assert found.why.kpi.name == "roas"
    said = words(found, "what-happened")
    assert "Of the headline KPIs, return on ad spend moved most: 4.00x before, 0.50x now, -87.5%." in said
    assert "What took it down by 3.50x: " in said
    assert "order value ($100.00 to $30.00)" in said
    assert "Where, by channel: Meta Ads (4.00x to 0.50x) -3.50x, 100.0% of it." in said
    assert "The largest fall" not in said, "on no two days that follow each other there was spend"


def test_doubling_is_as_much_as_halving():
    """Spend from 100.00 to 250.00 is 0.6 of the greater, revenue from 100.00 to 30.00 is 0.7."""
    shop = Shop()
    shop.order(day(16), 10_000)
    shop.order(day(24), 3_000)
    shop.ads(day(16), 10_000)
    shop.ads(day(24), 25_000)
    moved = of(shop).why
    assert moved is not None
    assert moved.kpi.name == "revenue_net"


def test_channels_and_campaigns_are_told_with_how_they_moved():
    found = the_week()
    [channels, _] = blocks(found, "channels")
    assert isinstance(channels, Table)
    # Net revenue, orders, order value, new customers, spend, ROAS 30 / 60, MER 120 / 60, CAC; visits were direct.
    assert [texts(row) for row in channels.rows] == [
        ["Meta Ads", "$120.00", "-70.0%, worse", "1", "$120.00", "1", "$60.00", "0.50x", "2.00x", "$60.00", "–"],  # noqa: RUF001
        ["Direct", "$0.00", "–", "0", "–", "0", "$0.00", "–", "–", "–", "1.00%"],  # noqa: RUF001
    ]
    [campaigns] = blocks(found, "campaigns")
    assert isinstance(campaigns, Table)
    # 40 / 1000 clicked, at 60.00 / 40; the orders name no campaign.
    assert [texts(row) for row in campaigns.rows] == [
        ["meta:1", "Meta Ads", "$60.00", "+20.0%", "0.50x", "$0.00", "0", "0", "–", "4.00%", "$1.50"]  # noqa: RUF001
    ]


def test_a_channel_and_a_campaign_have_what_kpis_says_of_them():
    """200.00 of ads are 66.67 for each of 3 customers, and 28.57 for each of 7 clicks: rounded, not cut."""
    shop = Shop()
    for number in range(3):
        shop.order(day(24), 3_333 + (number == 0), channel="meta", customer=f"c{number}", seq=1)
    shop.ads(day(24), 20_000, impressions=1_000, clicks=7)
    found = of(shop)
    [campaign] = found.campaigns
    assert campaign.now["cpc"] == 2_857
    [channel] = found.channels
    assert (channel.now["aov"], channel.now["cac"]) == (3_333, 6_667)
    for name in set(weekly.CHANNELS) & set(KPIS):
        assert channel.now[name] == (found.row(name).now.by_channel or {})["meta"].value, name


def test_the_funnel_names_the_step_that_lost_most():
    """22 / 44 and 4 / 22 against 20 / 40 and 10 / 20: of the last step 0.1818 / 0.5 is left, 63.6 % less."""
    found = the_week()
    table, note = blocks(found, "funnel")
    assert isinstance(table, Table)
    assert isinstance(note, Note)
    assert texts(table.rows[0]) == ["Sessions", "400", "200", "+100.0%", "100.0%", "", "", ""]
    assert texts(table.rows[2]) == ["Add-to-carts", "44", "40", "+10.0%", "11.0%", "20.0%", "40.0%", "-20.0 pp"]
    assert texts(table.rows[4]) == ["Purchases", "4", "10", "-60.0%", "1.00%", "18.2%", "50.0%", "-31.8 pp"]
    meter = table.rows[2][4]
    assert isinstance(meter, Meter)
    assert (meter.now, meter.before) == (11.0, 20.0)
    assert note.text == (
        "The step that lost most is purchases: 18.2% of the step before, 50.0% in the days before, -63.6%."
    )


def test_bars_are_as_high_as_on_paper():
    """Of 56 days two have orders: 400.00, the highest of five steps of 100.00 that fit in 144, and 120.00.

    Four steps are enough, so 400.00 is 144 high, and 120.00 is 43.2. The week's seven bars are marked, and the band is
    as wide as they.
    """
    drawn = chart(the_week().series["revenue_net"], WEEK)
    assert [one.text for one in drawn.lines] == ["$400", "$300", "$200", "$100", "$0"]
    tall = {round(one.height, 1): one.marked for one in drawn.bars if one.height > 1}
    assert tall == {144.0: False, 43.2: True}
    assert [one.marked for one in drawn.bars] == [False] * 49 + [True] * 7
    slot = (drawn.width - drawn.left) / 56
    assert drawn.band == (round(drawn.left + 49 * slot, 1), round(7 * slot, 1))
    assert drawn.bars[0].x == round(drawn.left + slot / 8, 1), "three quarters of its room, in the middle"
    assert {one.y + one.height for one in drawn.bars} == {drawn.zero} == {166.0}


def test_the_bar_of_a_first_day_is_no_wider_than_one_of_a_week():
    """It stands in the middle, three quarters of a seventh of the room wide."""
    shop = Shop()
    shop.con.execute("update run_info set history_start = timestamp '2026-03-29 00:00:00'")
    shop.ads(LAST_DAY, 5_000)
    drawn = chart(of(shop).series["ad_spend"], WEEK)
    [bar] = drawn.bars
    room = drawn.width - drawn.left
    assert bar.width == round(room / 7 * 0.75, 1)
    assert bar.x == round(drawn.left + (room - room / 7 * 0.75) / 2, 1)


def test_charts_reach_back_to_the_days_compared_with_and_not_before_the_first_orders():
    shop = a_week()
    month = of(shop, Period.ending(LAST_DAY, days=60)).series["revenue_net"].report.period
    assert month.first == LAST_DAY.replace(year=2025, month=12, day=1) - (date(2025, 12, 1) - date(2025, 11, 30))
    shop.con.execute("update run_info set history_start = timestamp '2026-03-10 00:00:00'")
    assert of(shop).series["revenue_net"].report.period.first == day(10)


def test_cohorts_are_shaded_by_what_they_came_to():
    """January: one of two by day 30, both by day 60, 100.00 and 110.00 of LTV. February's one by day 30: none, 30.00.

    As the greatest is 6, a half is 3; 100 / 110 of 6 is 5.5 and 30 / 110 of it 1.6, each cut to a whole one.
    """
    again, money, ages, *_ = blocks(of(two_months()), "cohorts")
    assert isinstance(again, Table)
    assert isinstance(money, Table)
    assert [texts(row) for row in again.rows[:2]] == [
        ["2026-01", "2", "50.0%", "100.0%"],
        ["2026-02", "2", "0.00%", ""],
    ]
    assert [texts(row)[:4] for row in money.rows[:2]] == [
        ["2026-01", "2", "$100.00", "$110.00"],
        ["2026-02", "2", "$30.00", ""],
    ]
    shades = [
        [cell.level if isinstance(cell, Heat) else None for cell in row[2:4]] for row in (*again.rows, *money.rows)
    ]
    assert [one for one in shades if one != [None, None]] == [[3, 6], [0, None], [5, 6], [1, None]]
    assert isinstance(ages, Ages)
    drawn = ages.curves[0]
    # Steps of 20 %: day 30 is in the middle of what day 60 ends; a half is in the middle of 144 below 22.
    left, right = drawn.left, drawn.right
    assert drawn.curves[0].dots == ((round((left + right) / 2, 1), 94.0), (float(right), 22.0))
    assert [one.name for one in drawn.curves] == ["2026-01", "2026-02"]
    assert [one.beside and one.beside.anchor for one in drawn.curves] == ["start", "end"], "January goes on after it"
    assert drawn.told == "After 30 days 0.00% (2026-02) to 50.0% (2026-01). After 60 days 100.0% (2026-01)."


def empty() -> Shop:
    return Shop()


def without_spend() -> Shop:
    shop = Shop()
    for number in (16, 24):
        shop.order(day(number), 10_000)
    return shop


def only_refunds() -> Shop:
    shop = Shop()
    shop.refund(day(24), 10_000)
    return shop


def only_traffic() -> Shop:
    shop = Shop()
    shop.visits(day(24), 10)
    return shop


@pytest.mark.parametrize(
    "period", [WEEK, Period(day(29), day(29)), Period.ending(date(2024, 1, 31), days=400)], ids=str
)
@pytest.mark.parametrize("make", [empty, without_spend, only_refunds, only_traffic, a_week])
def test_a_shop_with_next_to_nothing_has_a_review(make: Callable[[], Shop], period: Period):
    """What there is none of is told, or an en dash; no share of nothing, and no word of ours left over."""
    found = of(make(), period)
    page, text = weekly_html.as_html(found), as_markdown(found)
    for one in (page, text):
        assert not re.search(
            r"\b(None|nan|inf|undefined|Infinity)\b", re.sub(r"<style>.*</style>", "", one, flags=re.DOTALL)
        )
    assert set(Seen(page).of("h2")) == {one.title for one in weekly_page.sections(found)}


def test_a_shop_without_ads_or_visits_is_told_so():
    found = of(without_spend())
    assert words(found, "campaigns") == "No campaign did anything in these days or in those before."
    assert words(found, "funnel") == "No visits are known for these days or for those before."
    assert "Nobody has been a customer for 30 days yet." in words(found, "cohorts")
    assert "No alert fires." in words(found, "what-happened")
    assert blocks(of(empty()), "channels") == (Note("Nothing happened in any channel.", "dim"),)


def test_days_that_are_not_whole_are_told_above_all_numbers():
    found = of(a_week(), Period(day(28), date(2026, 4, 3)))
    [note] = weekly_page.banner(found)
    assert "not every source is complete after 2026-03-29" in note.text
    assert as_markdown(found).index(note.text) < as_markdown(found).index("## Headline")
    texts = seen(found).of("p", "h2")
    assert texts.index(note.text) < texts.index("Headline")


def test_alerts_of_other_days_say_of_which():
    assert "The alerts are of 7 days, 2026-03-23 to 2026-03-29." in words(
        of(a_week(), Period(day(29), day(29))), "alerts"
    )
    assert "The alerts are of" not in words(of(a_week()), "alerts")


def test_unusual_days_are_told_below_the_alerts():
    """Ten orders of 10.00 on each day of nine weeks, and of 5.00 on the last: half of what is expected."""
    shop = Shop()
    shop.con.execute("begin")
    for number in range(63):
        for order in range(10):
            shop.order(LAST_DAY - timedelta(days=number), 1_000 if number else 500, customer=f"c{number}-{order}")
    asked, rules, unusual, meaning = blocks(of(shop), "alerts")
    assert isinstance(asked, Note)
    assert isinstance(rules, Table)
    assert isinstance(unusual, Table)
    assert unusual.title == "Unusual days"
    assert [texts(row) for row in unusual.rows] == [["2026-03-29", "Net revenue", "$50.00", "$100.00", "0.50x"]]
    assert meaning == Note("Net revenue down: orders are as usual: look at returns and discounts.")
    assert "Unusual days" in seen(of(shop)).of("h3")


def test_a_failed_check_and_a_failed_source_are_told():
    failed = Check("unique_grain", "critical", "fail", 3, ("shopify:1<b>",), "3 rows. <i>Twice.</i>")
    found = of(a_week(), last=LastBuild(NOW, False, None, (failed,)), errors=(("meta", "HTTP 500 <script>"),))
    page = seen(found)
    assert "The last build was not published. Failed: unique_grain (3 rows)." in page.of("p")
    assert any("meta failed in the last run: HTTP 500 <script>" in one for one in page.of("p"))
    assert any("shopify:1<b>" in one for one in page.of("p"))
    assert not {"script", "i", "b"} & {tag for tag, _ in page.elements}


@pytest.fixture(scope="module")
def hostile() -> Review:
    shop = a_week()
    for number, name in enumerate(NAMES, 7):
        shop.campaign(f"meta:{number}", "meta", name)
        shop.ads(day(24), 100 * number, campaign=f"meta:{number}", impressions=10)
    return of(shop)


def test_a_name_stays_text_in_the_page(hostile: Review):
    """Neither an element nor an attribute comes of it, what cannot be seen is seen, and it ends somewhere."""
    page = seen(hostile)
    assert {tag for tag, _ in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "article", "div"),
        *("h1", "h2", "h3", "p", "span", "ul", "li", "a", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr"),
        *("th", "td", "wbr", "figure", "figcaption", "details", "summary"),
        *("svg", "desc", "g", "rect", "path", "polyline", "circle", "text"),
    }
    assert sum(tag == "style" for tag, _ in page.elements) == 1
    assert not [
        name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "style"
    ]
    heads = page.of("th")
    for name in NAMES[:3]:
        assert name in heads
    assert "�gnirps��" in heads
    assert any(one.startswith("שלום xxx") and one.endswith("…") and len(one) == 200 for one in heads)


def test_a_name_stays_text_in_markdown(hostile: Review):
    """Each campaign is one row of as many cells as the head."""
    text = as_markdown(hostile)
    rows = text[text.index("## By campaign") :].split("\n\n")[1].splitlines()
    assert len(rows) == 2 + 1 + len(NAMES)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {12}
    assert r"\<script\>alert(1)\</script\>" in text
    assert r"a\|b \`c\` \[d\](https://example.com) \*\*e\*\* \\\| \<!--" in text


def test_nothing_in_the_page_comes_from_elsewhere_and_nothing_runs(hostile: Review):
    """Its policy allows the one style that is in it, by its hash, and links lead within it."""
    page = weekly_html.as_html(hostile)
    found = Seen(page)
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    [policy] = [one["content"] for tag, one in found.elements if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|expression", style)
    ids = {one["id"] for _, one in found.elements if "id" in one}
    for _, attributes in found.elements:
        assert "src" not in attributes
        target = attributes.get("href")
        assert target is None or target.removeprefix("#") in ids


def test_the_page_is_built_as_a_page_should_be(hostile: Review):
    found = seen(hostile)
    levels = [int(tag[1]) for tag, _ in found.texts if tag in {"h1", "h2", "h3"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert dict(found.elements)["html"] == {"lang": "en"}
    assert all(one.get("scope") in {"row", "col"} for tag, one in found.elements if tag == "th")
    tags = [tag for tag, _ in found.elements]
    assert tags.count("table") == tags.count("caption")
    assert all(
        one.get("role") == "img" or one.get("aria-hidden") == "true" for tag, one in found.elements if tag == "svg"
    )
    ids = [one["id"] for _, one in found.elements if "id" in one]
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def demo_report(demo_home, tmp_path_factory) -> Path:
    """The folder with the review of the demo shop, in both forms."""
    folder, base = tmp_path_factory.mktemp("report"), demo_home().root.parent
    for name in ("report.html", "report.md"):
        assert cli.run(["--home", str(base), "--demo", "report", "-o", str(folder / name)]) == 0
    return folder


def test_both_forms_say_the_same(demo_report: Path):
    """Every cell and every sentence of the Markdown stands in the page."""
    page = (demo_report / "report.html").read_text()
    said = " ".join(" ".join(Seen(page).of(*Seen.BLOCKS)).split())
    text = (demo_report / "report.md").read_text()
    plain = re.sub(r"\\([\\`*_\[\]<>|#~])", r"\1", text)
    cells = [cell.strip() for row in plain.splitlines() if row.startswith("|") for cell in row.strip("|").split(" | ")]
    told = [line for line in plain.splitlines() if line and line[0] not in "|#-*"]
    assert len(cells) > 500
    missing = {
        one for one in (*cells, *told) if one not in said and not re.fullmatch(r"[-: ▁▂▃▄▅▆▇█]*|By (day|week)", one)
    }
    assert missing <= {"In words", "Prospecting", "Broad US"}, "a bar in a name is no edge of a cell"
    assert len(page.encode()) < LARGEST


def test_the_demo_says_what_broke(demo_report: Path):
    """The numbers are those that `kpis` and `why` print of these days in the README."""
    text = (demo_report / "report.md").read_text()
    assert "- Shop: growthos-demo.myshopify.com\n- Days: 2026-03-23 to 2026-03-29 (7 days)\n" in text
    assert "126 orders brought $10,050.07 of net revenue (-51.2%)" in text
    assert "conversion rate (2.39% to 1.07%) -1.18x, 80.5% of it" in text
    assert "The step that lost most is purchases: 24.5% of the step before, 51.0% in the days before" in text
    assert "2.66x to 0.66x" in text
    assert re.search(r"\| revenue\\_drop +\| all channels \| fires, critical +\| \$10,050.07 \|", text)
    assert re.search(r"\| conversion\\_rate\\_drop +\| all channels \| fires, warning +\|", text)
    assert "- Again: growthos --demo report --since 2026-03-23 --until 2026-03-29 --format markdown\n" in text


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with hand-made data, and an empty folder to stand in."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return publish(tmp_path / "shop")


def run(home, *arguments: str) -> int:
    return cli.run(["--home", str(home.root), "report", *arguments])


def timeless(text: str) -> str:
    """Without the minute in which it was made."""
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "", text)


def test_a_pipe_gets_the_page_and_a_terminal_a_file(home, capsys, monkeypatch):
    """In the letters that the page says it is in, whatever the stream's are."""
    sys.stdout.reconfigure(encoding="ascii")
    assert run(home) == 0
    said = capsys.readouterr()
    assert said.out.startswith("<!DOCTYPE html>")
    assert "▼" in said.out
    assert said.err == ""
    assert list(Path().iterdir()) == []
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert run(home) == 0
    kept = capsys.readouterr()
    assert kept.out == ""
    assert "The review is in report-2026-03-23-2026-03-29.html" in kept.err
    assert timeless(Path("report-2026-03-23-2026-03-29.html").read_text()) == timeless(said.out)


@pytest.mark.long
def test_the_form_is_what_was_asked_for_else_what_the_file_is_called(home, capsys, tmp_path):
    for given, begins in (
        (["-o", str(tmp_path / "a.md")], "# Weekly"),
        (["-o", str(tmp_path / "a.txt")], "<!DOCTYPE html>"),
        (["-o", str(tmp_path / "b.md"), "--format", "html"], "<!DOCTYPE html>"),
    ):
        assert run(home, *given) == 0
        assert Path(given[1]).read_text().startswith(begins)
    assert run(home, "--format", "markdown", "-q") == 0
    said = capsys.readouterr()
    assert timeless(said.out) == timeless((tmp_path / "a.md").read_text())
    assert said.err == ""


def test_a_failed_build_is_told_on_both_and_strict_ends_with_it(home, capsys):
    check = {"name": "unique_grain", "severity": "critical", "status": "fail", "failing_rows": 3, "sample": []}
    build = {"finished_at": "2026-03-30T06:00:00+00:00", "published": False, "data_through": "2026-03-29"}
    home.runs.mkdir()
    (home.runs / "latest.json").write_text(
        json.dumps({"build": build, "checks": [check], "sources": [{"name": "ga4", "errors": ["HTTP 503"]}]})
    )
    assert run(home, "--strict") == ExitCode.CHECKS_FAILED
    assert capsys.readouterr().out == ""
    assert run(home) == 0
    said = capsys.readouterr()
    assert "unique_grain (3 rows)" in said.err
    assert "The last build was not published. Failed: unique_grain (3 rows)." in Seen(said.out).of("p")
    assert "ga4 failed in the last run: HTTP 503" in Seen(said.out).of("p")
    assert HOSTILE not in said.out
    told = "All alerts are inhibited while unique_grain fails: these numbers are older than what was checked."
    assert told in Seen(said.out).of("p")
    assert "fires, critical, inhibited" in Seen(said.out).of("td")


def test_how_each_alert_stands_and_what_holds_it_back_is_told(home, capsys):
    """On Meta 400.00 a day bring back 300.00, from the first of 64 days on: 25 January."""
    silence = ("--until", "9999d", "--reason", "known", "--author", "ann")
    assert cli.run(["--home", str(home.root), "-q", "alerts", "silence", "roas*:meta", *silence]) == 0
    assert run(home, "--format", "markdown") == 0
    text = capsys.readouterr().out
    assert re.search(r"^### critical: ROAS below one, since 2026-01-25, silenced by [0-9a-f]+$", text, re.MULTILINE)
    assert re.search(r"that fire nobody is told of 1\.$", text, re.MULTILINE)
    assert re.search(r"\| roas\\_below\\_one +\| Meta Ads +\| fires, critical, silenced +\|", text)
    assert re.search(r"\| revenue\\_drop +\| all channels +\| fires, critical +\|", text)


def test_a_kpi_of_your_own_is_in_the_table_and_in_the_glossary(home, capsys):
    """Its value is that of `kpis`, and its name cannot change the page."""
    home.settings.write_text(
        "[kpis.per_visit]\nformula = 'revenue_net / sessions'\nunit = 'money'\nlabel = 'Revenue <b>per visit'\n"
        "about = 'What a visit brings <i>in: money.'\n"
    )
    assert cli.run(["--home", str(home.root), "kpis", "per_visit", "--format", "json"]) == 0
    [own] = json.loads(capsys.readouterr().out)["kpis"]
    assert run(home) == 0
    cells = Seen(capsys.readouterr().out).of("th", "td")
    named = [number for number, text in enumerate(cells) if text == "Revenue <b>per visit"]
    assert [cells[number + 1] for number in named] == [money(own["value"], "USD"), "What a visit brings <i>in: money."]

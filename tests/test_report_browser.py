"""The business review as a browser shows it: in light and dark, on a telephone, on paper, and to those who listen."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from kpi_fixtures import Shop, day
from test_report import NAMES, a_week, of

from growthos import cli
from growthos.render import weekly_html

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium: install it to look at the page of `report`"
)
WHITE = "rgb(255, 255, 255)"
A4, LETTER = (8.27, 11.69), (8.5, 11.0)
PAPER = 690
"""As many pixels as are between the margins of A4."""
PAGES = range(5, 10)
CUT = """
[...document.querySelectorAll('svg text')].filter(one => {
    const box = one.getBBox(), room = one.ownerSVGElement.viewBox.baseVal;
    return box.x < 0 || box.y < 0 || box.x + box.width > room.width + 1 || box.y + box.height > room.height + 1;
}).map(one => one.textContent)
"""
WIDE = """
[...document.querySelectorAll('body *')].filter(one => {
    const box = one.getBoundingClientRect();
    return box.width && one.tagName !== 'CAPTION' && box.right > document.documentElement.clientWidth + 1;
}).map(one => one.tagName + ' ' + one.textContent.trim().slice(0, 40))
"""
HIDDEN = """
[...document.querySelectorAll('.value, .moved, td, th, dd, figcaption, p')].filter(one => {
    const style = getComputedStyle(one);
    return one.scrollWidth > one.clientWidth + 1 && style.overflowX !== 'visible';
}).map(one => one.textContent)
"""
COVERED = """
[...document.querySelectorAll('.curve text')].filter(one => {
    const name = one.getBBox(), lines = [...one.ownerSVGElement.querySelectorAll('polyline')];
    return lines.some(line => [...Array(Math.ceil(line.getTotalLength())).keys()].some(far => {
        const at = line.getPointAtLength(far);
        return at.x > name.x && at.x < name.x + name.width && at.y > name.y && at.y < name.y + name.height;
    }));
}).map(one => one.textContent)
"""
"""Names of curves that lie upon a curve."""

BROKEN = """
[...document.querySelectorAll('.value')].filter(one => one.scrollWidth > one.clientWidth ||
    one.clientHeight > 1.5 * parseFloat(getComputedStyle(one).lineHeight)).map(one => one.textContent)
"""
"""Headline values that are wider than their card, or on two lines."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as one:
        yield one


@pytest.fixture(scope="module")
def page(demo_home, tmp_path_factory) -> Path:
    """The review of the demo shop."""
    path = tmp_path_factory.mktemp("review") / "report.html"
    assert cli.run(["--home", str(demo_home().root.parent), "--demo", "report", "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def axe() -> str:
    """The script that looks for barriers."""
    found = importlib.util.find_spec("axe_core_python")
    assert found
    assert found.origin
    return Path(found.origin).with_name("axe.min.js").read_text()


def barriers(browser: Browser, axe: str) -> list[str]:
    """What axe objects to, and what it cannot tell but for the colour of letters in drawings and of arrows."""
    browser.value("document.querySelector('details').open = true")
    browser.value(f"{axe};null")
    found = browser.value("axe.run().then(one => JSON.parse(JSON.stringify(one)))")
    assert len(found["passes"]) > 20, "or nothing was looked at"
    return [
        f"{one['id']}: {node['html'][:120]} {node.get('failureSummary', '')}"
        for kind in ("violations", "incomplete")
        for one in found[kind]
        for node in one["nodes"]
        if kind == "violations" or not re.match(r'<text |<span aria-hidden="true">', node["html"])
    ]


def contrast(one: str, other: str) -> float:
    """Of two colours as a browser tells them, by WCAG 2.2: (lighter + 0.05) / (darker + 0.05)."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_from_reading_it(browser, page, axe, scheme):
    """Contrast, headings, landmarks, names of drawings, heads of tables, and what can be scrolled by keyboard."""
    browser.look(scheme=scheme)
    browser.open(page)
    paper = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (paper != WHITE) == (scheme == "dark")
    assert barriers(browser, axe) == []
    letters = browser.value("[...document.querySelectorAll('svg text')].map(one => getComputedStyle(one).fill)")
    arrows = browser.value("[...document.querySelectorAll('.moved span')].map(one => getComputedStyle(one).color)")
    assert len(letters) > 30
    assert len(arrows) > 10
    assert min(contrast(one, paper) for one in {*letters, *arrows}) >= 4.5


def test_contrast_is_as_on_paper():
    """Black on white is 1.05 / 0.05 = 21; of #777777 the luminance is 0.1845, and 1.05 / 0.2345 is 4.48."""
    assert round(contrast("rgb(0, 0, 0)", WHITE), 2) == 21
    assert round(contrast("rgb(119, 119, 119)", WHITE), 2) == 4.48


def test_it_asks_for_nothing_and_says_nothing(browser, page):
    browser.look()
    browser.open(page)
    assert [
        one["params"]["request"]["url"] for one in browser.heard if one["method"] == "Network.requestWillBeSent"
    ] == [page.as_uri()]
    assert not [one for one in browser.heard if one["method"] in {"Log.entryAdded", "Runtime.consoleAPICalled"}]


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_is_cut_at_any_width(browser, page, width):
    """The page itself never scrolls sideways: tables that are wider do, each by itself."""
    browser.look(width=width)
    browser.open(page)
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value(CUT) == []
    assert browser.value(HIDDEN) == []
    assert browser.value("[...document.querySelectorAll('.scroll')].every(one => one.tabIndex === 0)")


@pytest.mark.parametrize("width", [320, 360, 400])
def test_no_day_and_no_number_goes_on_in_the_next_line(browser, page, width):
    browser.look(width=width)
    browser.open(page)
    assert browser.value("document.querySelectorAll('.whole').length") > 50
    assert browser.value("[...document.querySelectorAll('.whole')].every(one => one.getClientRects().length === 1)")


def test_the_name_of_a_curve_covers_no_other(browser, page):
    browser.look()
    browser.open(page)
    assert browser.value("document.querySelectorAll('.curve text').length") == 4
    assert browser.value(COVERED) == []


@pytest.mark.parametrize("size", [A4, LETTER], ids=["A4", "letter"])
def test_it_prints_in_light_on_whole_pages(browser, page, size):
    """Whatever the screen is like; nothing is wider than the paper, and no chart is cut in two."""
    browser.look(scheme="dark", width=PAPER, media="print")
    browser.open(page)
    assert browser.value("getComputedStyle(document.body).backgroundColor") == WHITE
    assert browser.value(WIDE) == []
    whole = "getComputedStyle(one).breakInside === 'avoid'"
    assert browser.value(f"[...document.querySelectorAll('figure, .cards li, .panel, tr, dl')].every(one => {whole})")
    assert browser.value(
        "[...document.querySelectorAll('h2, h3')].every(one => getComputedStyle(one).breakAfter === 'avoid')"
    )
    stay = "getComputedStyle(one).breakAfter === 'avoid'"
    assert browser.value(
        f"[...document.querySelectorAll('.scroll')].every(({{previousElementSibling: one}}) => {stay})"
    )
    assert len(re.findall(rb"/Type\s*/Page\b", browser.pdf(width=size[0], height=size[1]))) in PAGES


def test_amounts_of_a_large_shop_fit_on_paper(browser, tmp_path):
    """A currency without a sign, and hundreds of millions of it."""
    shop = Shop()
    shop.con.execute("update run_info set currency = 'IDR'")
    for channel in ("meta", "google", "direct"):
        for number in (16, 24):
            shop.order(day(number), 98_765_432_100, channel=channel, customer=f"{channel}{number}", seq=1)
            shop.refund(day(number), 1_234_567_800, channel=channel)
    for campaign in ("meta:1", "google:2"):
        shop.ads(
            day(24), 12_345_678_900, campaign=campaign, impressions=1_000_000, clicks=900_000, value=98_765_432_100
        )
    path = tmp_path / "large.html"
    path.write_text(weekly_html.as_html(of(shop)))
    browser.look(width=PAPER, media="print")
    browser.open(path)
    assert "IDR 2,962,962,963.00" in browser.value("document.body.textContent")
    assert browser.value(WIDE) == []
    assert browser.value(BROKEN) == []
    browser.look(width=360)
    assert browser.value(BROKEN) == []
    assert browser.value("document.documentElement.scrollWidth") <= 360
    assert browser.value(CUT) == []
    assert browser.value(HIDDEN) == []


def test_what_comes_from_data_is_shown_and_does_nothing(browser, tmp_path):
    """Names that are markup, turn the reading or never end are text in a cell, and the page holds together."""
    shop = a_week()
    for number, name in enumerate(NAMES, 7):
        shop.campaign(f"meta:{number}", "meta", name)
        shop.ads(day(24), 100 * number, campaign=f"meta:{number}", impressions=10)
    path = tmp_path / "hostile.html"
    path.write_text(weekly_html.as_html(of(shop)))
    browser.look(width=360)
    browser.open(path)
    assert not [one for one in browser.heard if one["method"] in {"Log.entryAdded", "Page.javascriptDialogOpening"}]
    assert browser.value("[document.scripts.length, document.images.length, document.styleSheets.length]") == [0, 0, 1]
    shown = browser.value("[...document.querySelectorAll('th[scope=row]')].map(one => one.innerText)")
    assert set(NAMES[:3]) <= set(shown)
    assert browser.value("document.documentElement.scrollWidth") <= 360
    assert browser.value("getComputedStyle(document.querySelector('h1')).display") == "block"


def test_a_script_would_not_run(browser, tmp_path):
    """The page's own policy stops one that somebody puts in afterwards, and says so: what hears it here is not deaf."""
    page = weekly_html.as_html(of(Shop()))
    path = tmp_path / "changed.html"
    path.write_text(
        page.replace("<main>", "<main><script>window.hit = 1</script><img src='https://example.com/x.png'>")
    )
    browser.look()
    browser.open(path)
    assert browser.value("window.hit") is None
    said = [one["params"]["entry"]["text"] for one in browser.heard if one["method"] == "Log.entryAdded"]
    assert len([one for one in said if "Content Security Policy" in one]) == 2

"""A KPI over time as bars: as high as on paper, whole at every width, told in words, and as rows for programs."""

import codecs
import csv
import json
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO

import pytest
from hand_made import publish
from kpi_fixtures import LAST_DAY, Shop, day, two_weeks_of_ads
from rich.console import Console

from growthos import jsontext
from growthos.cli import process
from growthos.measures.series import Series, over_time
from growthos.period import Period
from growthos.render import bars, output, plot_page, screen
from growthos.render.pages import Cell, Column, Note, Plot, Table, markdown
from growthos.warehouse import database

WEEK = Period(day(23), LAST_DAY)
FORTNIGHT = Period(day(16), LAST_DAY)
FIRST_DOT = 0x2800
DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))


def drawn_plots(found: Series) -> list[Plot]:
    return [block for block in plot_page.page(found) if isinstance(block, Plot)]


def words(found: Series) -> str:
    return " ".join(block.text for block in plot_page.page(found) if isinstance(block, Note))


def test_bars_are_as_high_as_on_paper():
    """3x is the most: labels at 0.5 are six. From one to the next there are eight dots: 3x is 48, 1x is 16.

    A value of 0 has a dot, where there is none there is a gap.
    """
    [plot] = drawn_plots(over_time(two_weeks_of_ads().con, "roas", FORTNIGHT))
    assert [one for one in plot.above if one] == ["3.0x", "2.5x", "2.0x", "1.5x", "1.0x", "0.5x"]
    assert (plot.zero, plot.below) == ("0.0x", ())
    assert plot.bars == (48, None, 16, *[None] * 4, 1, *[None] * 6)


def test_what_is_lost_hangs_below_zero():
    """400.00, then -150.00 and -0.01: at 100.00 a label there are four above and two below; 8 dots each."""
    shop = Shop()
    shop.order(day(27), 40_000)
    shop.refund(day(28), 15_000)
    shop.refund(day(29), 1)
    [plot] = drawn_plots(over_time(shop.con, "revenue_net", Period(day(26), day(29))))
    assert plot.above == ("$400", "", "$300", "", "$200", "", "$100", "")
    assert (plot.zero, plot.below) == ("$0", ("", "-$100", "", "-$200"))
    assert plot.bars == (1, 32, -12, -1)


@pytest.mark.parametrize(("currency", "sign"), [("USD", "$"), ("JPY", "¥")])
def test_only_losses_hang_from_the_top(currency, sign):
    """Where one label has hundredths all of them do."""
    shop = Shop()
    shop.con.execute("update run_info set currency = ?", [currency])
    shop.refund(day(28), 250)
    [plot] = drawn_plots(over_time(shop.con, "revenue_net", Period(day(28), day(29))))
    assert (plot.above, plot.zero) == ((), f"{sign}0.00")
    labels = [one and f"-{sign}{one}" for one in ("", "0.50", "", "1.00", "", "1.50", "", "2.00", "", "2.50")]
    assert plot.below == tuple(labels)
    assert plot.bars == (-40, -1)


def test_channels_have_one_scale():
    """4.00x against 1.00x: three labels at most are 2x and 4x for both, so 32 dots of 8 a half, and 4."""
    shop = Shop()
    for campaign, value in (("meta:1", 40_000), ("google:2", 10_000)):
        shop.ads(day(29), 10_000, campaign=campaign, value=value)
    _, meta, google = drawn_plots(over_time(shop.con, "roas", WEEK, by="channel"))
    assert [one.table.title for one in (meta, google)] == ["Meta Ads", "Google Ads"]
    assert meta.above == google.above == ("4x", "", "2x", "")
    assert (meta.bars[-1], google.bars[-1]) == (16, 4)
    assert "drawn to one scale" in words(over_time(shop.con, "roas", WEEK, by="channel"))


def test_what_the_bars_say_is_told_in_words():
    """In all 650.00 of value over 450.00 of spend; the 14 days before had none."""
    said = words(over_time(two_weeks_of_ads().con, "roas", FORTNIGHT))
    assert "Lowest and last 0.00x on 2026-03-23, highest 3.00x on 2026-03-16." in said
    assert "No value, and a gap, on 11 of the 14 days: 2026-03-17, 2026-03-19," in said
    assert "2026-03-22 and 6 more." in said
    assert "Of the 14 days: 1.33x; of the 14 days before: –." in said  # noqa: RUF001 - an en dash: no value


def test_weeks_that_are_not_whole_are_told():
    """17 March is a Tuesday, 25 March a Wednesday."""
    found = over_time(two_weeks_of_ads().con, "roas", Period(day(17), day(25)), "week")
    assert [one.complete for one in found.points] == [False, False]
    said = words(found)
    assert "Weeks begin on Monday. The first week is not whole: 6 days, 2026-03-17 to 2026-03-22." in said
    assert "The last week is not whole: 3 days, 2026-03-23 to 2026-03-25." in said
    assert "Lowest and last 0.00x in the week of 2026-03-23, highest 1.00x in the week of 2026-03-16." in said
    assert "not whole" not in words(over_time(two_weeks_of_ads().con, "roas", FORTNIGHT, "week"))
    assert "The only month is not whole: 7 days" in words(over_time(two_weeks_of_ads().con, "roas", WEEK, "month"))


@pytest.mark.parametrize(
    ("name", "period", "per", "says"),
    [
        ("mer", WEEK.before().before(), "day", "Marketing efficiency ratio has no value on any of these 7 days."),
        ("roas", Period(day(1), day(8)), "week", "Return on ad spend has no value in any of these 2 weeks."),
        ("roas", Period(day(29), day(29)), "day", "Return on ad spend has no value on the day."),
        ("ad_spend", Period(day(1), day(8)), "day", "$0.00 on every day that has a value."),
        ("roas", WEEK, "day", "0.00x on 2026-03-23."),
    ],
)
def test_where_there_is_nothing_to_draw_words_tell_it(name, period, per, says):
    found = over_time(two_weeks_of_ads().con, name, period, per)
    assert says in words(found)
    for width in (40, 120):
        drawn = screen.draw(plot_page.page(found), terminal(width))
        assert "┤" not in drawn
        assert "\n\n\n" not in drawn
    assert "| 2026-0" in markdown(plot_page.page(found))


def terminal(width: int) -> Console:
    return Console(file=StringIO(), width=width, force_terminal=True, color_system=None, highlight=False, _environ={})


def read_back(lines: list[str], plot: Plot) -> list[tuple[int, int]]:
    """Of each column of dots in one set of axes, how many there are above zero and below, as one would count them."""
    margin = max(map(len, (*plot.above, plot.zero, *plot.below))) + 2
    cells = [line[margin:] for line in lines]
    heights = [(0, 0)] * 2 * max(map(len, cells))
    for row, line in enumerate(cells[:-1]):
        for place, one in enumerate(line):
            for side in (0, 1) if FIRST_DOT <= ord(one) < FIRST_DOT + 256 else ():
                up, down = heights[2 * place + side]
                over = row < len(plot.above)
                own = [dot for dot in DOTS[side][:: 1 if over else -1] if ord(one) - FIRST_DOT & dot]
                dots = len(own)
                assert own == list(DOTS[side][:: 1 if over else -1][:dots]), "from zero on, without a gap"
                heights[2 * place + side] = (up + dots * over, down + dots * (not over))
    return heights


@pytest.mark.parametrize("width", range(40, 201, 8))
@pytest.mark.parametrize("count", [1, 2, 3, 7, 31, 90, 200])
def test_every_bar_can_be_counted_at_every_width(count, width):
    """Each has its height in dots, in order, a gap has none, and no line is too long; labels are whole."""
    heights = tuple(None if place % 11 == 5 else place * 7 % 41 - 8 or 1 for place in range(count))
    rows = tuple((Cell((date(2025, 9, 1) + timedelta(days=place)).isoformat()),) for place in range(count))
    above = tuple(f"${1_000 * line:,}" for line in range(9, 0, -1))
    plot = Plot(Table("", (Column("Day"),), rows), heights, above, "$0", ("-$1,000", "-$2,000"))
    lines = list(bars.lines(plot, width))
    assert max(map(len, lines)) <= width

    pieces = [piece.split("\n") for piece in "\n".join(lines).split("\n\n")]
    seen: list[int | None] = []
    for piece in pieces:
        assert [line.split()[0] for line in piece[:-1]] == [*above, "$0", "-$1,000", "-$2,000"]
        size = -(-count // len(pieces)) if len(pieces) > 1 else count
        own = heights[len(seen) : len(seen) + size]
        columns = read_back(piece, plot)
        step = max(one for one in (1, *range(2, 17, 2)) if one * size <= 2 * (width - 9))
        for place in range(len(own)):
            up, down = columns[place * step] if place * step < len(columns) else (0, 0)
            seen.append(up - down or None)
        dates = piece[-1].split()
        names = [row[0].text for row in rows[len(seen) - len(own) : len(seen)]]
        assert (dates[0], dates[-1]) == (names[0], names[-1])
        assert set(dates) - {"to"} <= set(names)
    assert seen == list(heights)


def test_without_room_for_two_dates_there_are_words_alone():
    """24 characters for two dates, 4 for the label, 2 for the axis."""
    [plot] = drawn_plots(over_time(two_weeks_of_ads().con, "roas", FORTNIGHT))
    assert list(bars.lines(plot, 29)) == []
    assert max(map(len, bars.lines(plot, 30))) <= 30
    assert "highest" in screen.draw(plot_page.page(over_time(two_weeks_of_ads().con, "roas", FORTNIGHT)), terminal(29))


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Iterator[dict[str, Series]]:
    home = publish(tmp_path_factory.mktemp("plot") / "home")
    with database.connect(home.database) as con:
        yield {
            "revenue": over_time(con, "revenue_net", Period.ending(LAST_DAY, days=60)),
            "roas by week and channel": over_time(con, "roas", Period.ending(LAST_DAY, days=60), "week", "channel"),
            "refunds": over_time(con, "refund_rate", WEEK),
        }


def plain(text: str) -> str:
    """As a stream says it that has ASCII alone."""
    codecs.register_error("growthos", process._plain)
    return text.encode("ascii", "growthos").decode()


@pytest.mark.parametrize("name", ["revenue", "roas by week and channel", "refunds"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_looks_as_it_did(found, snapshot, name, width):
    assert screen.draw(plot_page.page(found[name]), terminal(width)) == snapshot


@pytest.mark.parametrize("name", ["revenue", "roas by week and channel", "refunds"])
def test_it_looks_as_it_did_in_plain_characters(found, snapshot, name):
    drawn = screen.draw(plot_page.page(found[name]), terminal(80))
    said = plain(drawn)
    assert "?" not in said
    assert [len(line) for line in said.splitlines()] == [len(line) for line in drawn.splitlines()]
    assert said == snapshot


@pytest.mark.parametrize(("dots", "shown"), [(0x01, "."), (0x47, ":"), (0x7F, "#"), (0xFF, "#"), (0x3F, "+")])
def test_a_character_of_dots_is_told_by_how_full_it_is(dots, shown):
    assert plain(chr(FIRST_DOT + dots)) == shown


def test_a_pipe_has_eighty_columns(found):
    """29 January: 6 orders of 1,274.56 less 50.00."""
    drawn = screen.draw(plot_page.page(found["revenue"]), screen.plain())
    assert max(len(line) for line in drawn.splitlines() if "┤" in line) <= 80
    assert "highest $7,347.36 on 2026-01-29." in drawn


def week_of(number: int, **part: object) -> dict[str, object]:
    return {"since": f"2026-03-{number}", "until": f"2026-03-{number + 6}", "complete": True, **part}


def test_programs_get_a_row_for_each_period():
    """Numerator over denominator is the value; cents are whole numbers, and what is not there is null."""
    found = over_time(two_weeks_of_ads().con, "roas", FORTNIGHT, "week", "channel")
    said = json.loads(jsontext.dumps(found.as_json()))
    assert (said["per"], said["since"], said["kpi"]["name"]) == ("week", "2026-03-16", "roas")
    weeks = [
        week_of(16, value=1.5, numerator=60_000, denominator=40_000),
        week_of(23, value=0, numerator=0, denominator=5_000),
    ]
    assert said["points"] == weeks
    assert set(said["by_channel"]) == {"meta", "google"}
    assert said["by_channel"]["meta"][1] == {**weeks[1], "value": None, "denominator": 0}

    rows = list(csv.reader(StringIO(output.as_csv(plot_page.FIELDS, plot_page.records(found)))))
    assert rows[0] == list(plot_page.FIELDS)
    week = ["roas", "ratio", "week"]
    assert rows[1] == [*week, "all", "2026-03-16", "2026-03-22", "true", "1.500000", "60000", "40000"]
    assert rows[4] == [*week, "meta", "2026-03-23", "2026-03-29", "true", "", "0", "0"]
    assert len(rows) == 1 + 3 * 2

    table = markdown(plot_page.page(found))
    assert "| Week | Return on ad spend |\n|---|---:|\n| 2026-03-16 | 1.50x |\n| 2026-03-23 | 0.00x |\n" in table
    assert "### Meta Ads\n\n| Week |" in table

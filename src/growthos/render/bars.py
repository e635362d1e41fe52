"""Bars over time, drawn in characters of two by four dots; a stream without them gets others that are as full."""

from collections.abc import Iterator, Sequence

from growthos.render.pages import Plot

DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""The left dots of a character and its right ones, from below."""
EMPTY = 0x2800
ACROSS, HIGH = 2, 4
NARROWEST = 24
"""As many characters as two dates and what stands between them."""
THICKEST = 16
APART = 24


def lines(plot: Plot, width: int) -> Iterator[str]:
    """The bars with their axes, one below another where a line is too short for all; none where nothing can be drawn.

    Every bar is a dot wide or more, so each value is seen for itself.
    """
    margin = max(map(len, (*plot.above, plot.zero, *plot.below)))
    room = width - margin - 2
    if room < NARROWEST or not (plot.above or plot.below):
        return
    names = [row[0].text for row in plot.table.rows]
    pieces = -(-len(names) // (room * ACROSS))
    size = -(-len(names) // pieces)
    for first in range(0, len(names), size):
        if first:
            yield ""
        yield from _piece(
            plot, names[first : first + size], plot.bars[first : first + size], margin, room * ACROSS // size
        )


def _piece(plot: Plot, names: Sequence[str], bars: Sequence[int | None], margin: int, dots: int) -> Iterator[str]:
    """A line of bars, each `dots` wide at most."""
    step = dots if dots < ACROSS else min(dots, THICKEST) // ACROSS * ACROSS
    thick = step - 1 if step > ACROSS else step
    columns = [height for bar in bars for height in (*[bar or 0] * thick, *[0] * (step - thick))]
    used = -(-len(columns) // ACROSS)
    for place, label in enumerate(plot.above):
        floor = (len(plot.above) - 1 - place) * HIGH
        yield f"{_axis(label, margin)}{_characters([one - floor for one in columns], up=True)}"
    yield f"{plot.zero:>{margin}} {'├' if plot.below else '└'}{'─' * used}"
    for place, label in enumerate(plot.below):
        yield f"{_axis(label, margin)}{_characters([-one - place * HIGH for one in columns], up=False)}"
    yield f"{'':{margin + 2}}{_dates(names, step, used)}"


def _axis(label: str, margin: int) -> str:
    return f"{label:>{margin}} {'┤' if label else '│'}"


def _characters(heights: Sequence[int], *, up: bool) -> str:
    """A line of characters, of which each dot column is filled as high as given, from below or from above."""
    sides = DOTS if up else tuple(side[::-1] for side in DOTS)
    cells = [0] * -(-len(heights) // ACROSS)
    for place, height in enumerate(heights):
        cells[place // ACROSS] += sum(sides[place % ACROSS][: max(height, 0)])
    return "".join(chr(EMPTY + dots) if dots else " " for dots in cells)


def _dates(names: Sequence[str], step: int, used: int) -> str:
    """The first name and the last, and as many between them as can be told apart, each where its bar begins."""
    if used < NARROWEST:
        return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    last = max(1, used // APART)
    line = ""
    for number in range(last):
        place = number * (len(names) - 1) // last
        line = f"{line:{place * step // ACROSS}}{names[place]}"
    return f"{line:{used - len(names[-1])}}{names[-1]}"

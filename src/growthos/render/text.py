"""Text as it may be shown: nothing that comes from data reaches a terminal, a spreadsheet or a page unchanged."""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from growthos.redact import SECRETS

LONGEST = 200
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
FORMULA = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""How what a spreadsheet takes for a formula begins; the last four are the wide forms of the first."""
MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~])")
BARS = "▁▂▃▄▅▆▇█"
NOTHING = "\N{EN DASH}"


def clean(text: object, *, limit: int | None = LONGEST) -> str:
    """Text without secrets and without what moves a cursor, turns the reading or cannot be seen; cut if it is long."""
    shown = SECRETS.text(str(text))
    if not shown.isprintable():  # else there is nothing of the kind in it: a look at each character takes long
        shown = "".join("�" if unicodedata.category(one) in HIDDEN else one for one in shown)
    return shown if limit is None or len(shown) <= limit else shown[: limit - 1] + "…"


def harmless(text: str) -> str:
    """The same for text of several lines: what a page is drawn from, whoever wrote it."""
    return "\n".join(clean(line, limit=None) for line in text.split("\n"))


def for_markdown(text: object) -> str:
    """Text that Markdown shows as it is."""
    return MARKDOWN.sub(r"\\\1", clean(text, limit=None))


def for_spreadsheet(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: it begins with an apostrophe. Numbers are left as they are.

    One that begins with apostrophes and goes on as a formula gets one more, so that taking one away gives the text.
    """
    if value is None or isinstance(value, int | float | Decimal):
        return "" if value is None else value
    text = str(value)
    shown = clean(text, limit=None)
    return f"'{shown}" if FORMULA.match(text) else shown


def sparkline(values: Sequence[int | Decimal | None]) -> str:
    """A bar for each value, the lowest to the highest; a blank where there is none."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    if low == high:
        return "".join(" " if value is None else BARS[3 if high else 0] for value in values)
    steps = len(BARS) - 1
    return "".join(" " if value is None else BARS[int((value - low) * steps / (high - low))] for value in values)

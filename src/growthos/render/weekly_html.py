"""The business review as one HTML page: nothing of it comes from elsewhere, and nothing in it runs."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from growthos.render.charts import Heat, Meter, Spark
from growthos.render.pages import Table
from growthos.render.weekly_cohorts import Ages
from growthos.render.weekly_page import Cards, Charts, Facts, banner, facts, sections, title
from growthos.render.weekly_story import Panels
from growthos.weekly import Review

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

HERE: Final = Path(__file__).parent
WHOLE: Final = re.compile(r"\d{4}-\d\d(-\d\d)?|-&gt;|[+-][^\s\d&;]{0,4}\d[\d,.]{0,20}")
"""A day, a month, an arrow, a number with its sign: a line that ended within one would be read twice."""
KINDS: Final = (Ages, Cards, Charts, Facts, Panels, Table, Heat, Meter, Spark)


def as_html(found: Review) -> str:
    """The whole review. Text from data is text in it: the template escapes whatever it is given."""
    from markupsafe import Markup

    style = (HERE / "weekly.css").read_text(encoding="utf-8")
    return _template().render(
        title=title(found),
        facts=facts(found),
        banner=banner(found),
        sections=sections(found),
        period=found.report.period,
        style=Markup(style),  # noqa: S704 - a file of ours
        style_hash=b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        version=found.asking.version,
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for kind in KINDS:
        environment.tests[kind.__name__.lower()] = _is(kind)
    environment.filters["breakable"] = _breakable
    environment.filters["whole"] = _whole
    return environment.get_template("weekly.html")


def _is(kind: type) -> Callable[[object], bool]:
    return lambda block: isinstance(block, kind)


def _breakable(text: str) -> "Markup":
    """An identifier may go on in the next line after each of its words."""
    from markupsafe import Markup, escape

    return escape(text).replace("_", Markup("_<wbr>"))


def _whole(text: str) -> "Markup":
    """A sentence whose days and numbers stand on one line each, however narrow the page is."""
    from markupsafe import Markup, escape

    return Markup(WHOLE.sub(r'<span class="whole">\g<0></span>', str(escape(text))))  # noqa: S704 - it is escaped

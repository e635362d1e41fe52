"""The business review as one HTML page: nothing of it comes from elsewhere, and nothing in it runs."""

import hashlib
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
    return environment.get_template("weekly.html")


def _is(kind: type) -> Callable[[object], bool]:
    return lambda block: isinstance(block, kind)


def _breakable(text: str) -> "Markup":
    """An identifier may go on in the next line after each of its words."""
    from markupsafe import Markup, escape

    return escape(text).replace("_", Markup("_<wbr>"))

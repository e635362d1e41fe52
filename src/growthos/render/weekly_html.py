"""The business review as one HTML page: nothing of it comes from elsewhere, and nothing in it runs."""

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Final

from growthos.render.charts import Heat, Meter, Spark
from growthos.render.pages import Table
from growthos.render.weekly_cohorts import Ages
from growthos.render.weekly_page import Cards, Charts, Facts, banner, facts, sections, title
from growthos.render.weekly_story import Panels
from growthos.weekly import Review

HERE: Final = Path(__file__).parent
KINDS: Final = (Ages, Cards, Charts, Facts, Panels, Table, Heat, Meter, Spark)


def as_html(found: Review) -> str:
    """The whole review. Text from data is text in it: the template escapes whatever it is given."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape

    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for kind in KINDS:
        environment.tests[kind.__name__.lower()] = lambda block, kind=kind: isinstance(block, kind)
    environment.filters["breakable"] = lambda text: escape(text).replace("_", Markup("_<wbr>"))
    style = (HERE / "weekly.css").read_text(encoding="utf-8")
    return environment.get_template("weekly.html").render(
        title=title(found),
        facts=facts(found),
        banner=banner(found),
        sections=sections(found),
        period=found.report.period,
        style=Markup(style),  # noqa: S704 - a file of ours
        style_hash=b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        version=found.asking.version,
    )

"""The tables of a home's own KPIs."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from growthos.redact import glimpse
from growthos.settings.section import Section

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def _name(given: str) -> str:
    if not NAME.fullmatch(given):
        raise ValueError(f"{glimpse(given)} is no name; write it in small letters, as revenue_per_session")
    return given


def _line(given: str) -> str:
    if not given.strip() or not given.isprintable():
        raise ValueError("is a line of text")
    return given


Name = Annotated[str, Field(max_length=40), AfterValidator(_name)]
Label = Annotated[str, Field(max_length=40), AfterValidator(_line)]
Text = Annotated[str, Field(max_length=500), AfterValidator(_line)]


class OwnKpi(Section):
    """A KPI of one's own. `unit` is how its value is shown, `better` which way is good news, `about` what it is."""

    formula: str
    unit: Literal["money", "percent", "multiple", "count"]
    label: Label
    better: Literal["higher", "lower"] | None = None
    about: Text | None = None

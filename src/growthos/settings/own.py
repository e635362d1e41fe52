"""The tables of a home's own KPIs, and of its rules."""

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


class OwnRule(Section):
    """What is set of one of the seven rules, or a rule of one's own.

    One of `below`, `above`, `falls`, `rises`, `loses` and `gains` draws the line, as text, so that no float moves it.
    `for`: how many days before must have crossed it too. `min`: counts that both weeks must reach.
    """

    kpi: str | None = None
    label: Label | None = None
    below: str | None = None
    above: str | None = None
    falls: str | None = None
    rises: str | None = None
    loses: str | None = None
    gains: str | None = None
    severity: Literal["info", "warning", "critical"] | None = None
    for_days: Annotated[int, Field(ge=0, le=30)] | None = Field(default=None, alias="for")
    enabled: bool = True
    platforms: bool | None = None
    min: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    recommendation: Text | None = None

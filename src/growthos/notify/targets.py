"""What every target has: a name, settings, a least severity, and a way to dress a letter and to hand it over."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from growthos.clock import Clock
from growthos.connectors.address import link
from growthos.connectors.terms import Judgement, Setting
from growthos.errors import SettingsError
from growthos.measures import near
from growthos.notify.letters import Letter
from growthos.redact import glimpse
from growthos.rules import SEVERITIES, Severity

LEAST: Severity = "warning"


def least(env: str) -> Setting:
    """The setting of the least severity; it may stand in growthos.toml while the address is in the environment."""
    words = f"The least severity that is told: {', '.join(SEVERITIES)}; {LEAST} if not set."
    return Setting("min", env, words, shared=True)


class Target(ABC):
    """A place where people are told. One instance is one target with its settings."""

    name: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]]
    example: ClassVar[Mapping[str, str]]
    """Settings to show by, of nobody: what the demo shop would send."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """`values` by setting name, as a connector's. Raises SettingsError where a value cannot be right."""
        self.values = {name: value.strip() for name, value in values.items() if value.strip()}
        for one in self.settings:
            if one.link and one.name in self.values:
                link(self.values[one.name], one.env)
        word = self.values.get("min", LEAST).lower()
        known: dict[str, Severity] = {one: one for one in SEVERITIES}
        if word not in known:
            raise SettingsError(f"min is {glimpse(word)}. {near(word, known)}", hint=f"See [notify.{self.name}].")
        self.least = known[word]

    @classmethod
    def missing(cls, values: Mapping[str, str]) -> tuple[str, ...]:
        """Variables still to be set before anything can be sent there; empty when it can."""
        return tuple(one.env for one in cls.settings if one.required and not values.get(one.name))

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is, as far as that may be shown: a host."""

    @abstractmethod
    def preview(self, letter: Letter) -> str:
        """What would be sent, as it would be sent."""

    @abstractmethod
    def deliver(self, letter: Letter, clock: Clock, seconds: float) -> tuple[Judgement, int | None]:
        """One attempt to hand it over, and the status of the answer."""

"""What a recommendation is written with: two weeks to look at, and sentences that keep their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from growthos import wording
from growthos.measures import About
from growthos.measures.reading import Campaign, Numbers
from growthos.measures.values import Value, shown
from growthos.money import places
from growthos.rules import ALL


@dataclass(slots=True)
class Sentence:
    """Writes figures and keeps each under a name, so that no sentence holds a number its alert's JSON lacks.

    What is written is what is kept: cents as an amount, a ratio from its six places. A minus is left out where the
    words around it say that something fell (`plain`).
    """

    currency: str
    figures: dict[str, Value] = field(default_factory=dict)

    def money(self, name: str, cents: Fraction | int | None, *, signed: bool = False) -> str:
        """An amount: `$1,234.56`."""
        value = shown(None if cents is None else Fraction(cents), "cents")
        self.figures[name] = value
        return wording.NOTHING if value is None else wording.money(int(value), self.currency, signed=signed)

    def count(self, name: str, number: int) -> str:
        """How many: `12,345`."""
        self.figures[name] = number
        return wording.count(number)

    def percent(
        self, name: str, share: Fraction | None, *, signed: bool = False, plain: bool = False, digits: int = 1
    ) -> str:
        """A share: `31.3%`."""
        value = self._ratio(name, share)
        if value is None:
            return wording.NOTHING
        return wording.percent(abs(value) if plain else value, signed=signed, digits=digits)

    def multiple(self, name: str, value: Fraction | None) -> str:
        """How many times: `1.62x`."""
        found = self._ratio(name, value)
        return wording.NOTHING if found is None else wording.multiple(found)

    def number(self, name: str, value: Fraction | None) -> str:
        """A ratio with two digits: `0.82`; with all six where two would make it a whole 1."""
        found = self._ratio(name, value)
        if found is None:
            return wording.NOTHING
        short = wording.multiple(found).removesuffix("x")
        return f"{places(found):f}" if short == "1.00" and found != 1 else short

    def hundredth(self, name: str, share: Fraction | None) -> str:
        """What a share makes of each 100.00: `12.34`."""
        return self.percent(name, share, digits=2).removesuffix("%")

    def points(self, name: str, move: Fraction | None, *, digits: int = 1) -> str:
        """A difference of shares in percentage points, without its sign: `6.2`."""
        value = self._ratio(name, move)
        return wording.NOTHING if value is None else wording.points(value, digits=digits)

    def _ratio(self, name: str, value: Fraction | None) -> Fraction | None:
        self.figures[name] = shown(value, "ratio")
        return None if value is None else Fraction(places(value))


@dataclass(frozen=True, slots=True)
class Week:
    """What a recommendation may look at beside its own scope.

    `returned` are this week's returns in cents by product, the most first. `ads` and they are read where a rule fires
    that names one.
    """

    about: About
    now: Numbers
    before: Numbers
    campaigns: tuple[Campaign, ...] = ()
    ads: tuple[Campaign, ...] = ()
    returned: Mapping[str, int] = field(default_factory=dict)

    def name(self, scope: str) -> str:
        """A scope in words."""
        return "All channels" if scope == ALL else self.about.channel(scope).name

    def of(self, scope: str) -> list[Campaign]:
        """The campaigns of a scope."""
        return self._of(scope, self.campaigns)

    def ads_of(self, scope: str) -> list[Campaign]:
        """The ads of a scope."""
        return self._of(scope, self.ads)

    @staticmethod
    def _of(scope: str, given: Sequence[Campaign]) -> list[Campaign]:
        return [one for one in given if scope in {ALL, one.channel}]

"""A run of days, and the run before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")

    @classmethod
    def ending(cls, last: date, *, days: int) -> "Period":
        """The `days` days up to and with `last`."""
        return cls(last - timedelta(days=days - 1), last)

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(len(self)))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def before(self) -> "Period":
        """The period of the same length that ends the day before this one starts."""
        return Period.ending(self.first - timedelta(days=1), days=len(self))

    def chunks(self, days: int) -> "Iterator[Period]":
        """This period cut from its first day into pieces of at most `days` days."""
        first = self.first
        while first <= self.last:
            last = min(self.last, first + timedelta(days=days - 1))
            yield Period(first, last)
            first = last + timedelta(days=1)

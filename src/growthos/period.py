"""A run of days, and the run before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Per = Literal["day", "week", "month"]

_WEEK, _LONGEST_MONTH = 7, 31


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

    @classmethod
    def around(cls, day: date, per: Per) -> "Period":
        """The day, the week from Monday to Sunday, or the month that a day is in."""
        if per == "day":
            return cls(day, day)
        if per == "week":
            return cls.ending(day + timedelta(days=_WEEK - 1 - day.weekday()), days=_WEEK)
        first = day.replace(day=1)
        return cls(first, (first + timedelta(days=_LONGEST_MONTH)).replace(day=1) - timedelta(days=1))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(len(self)))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def before(self) -> "Period":
        """The period of the same length that ends the day before this one starts."""
        return Period.ending(self.first - timedelta(days=1), days=len(self))

    def earlier(self, past: timedelta) -> "Period":
        """The period of the same length that ends so much earlier."""
        return Period(self.first - past, self.last - past)

    def chunks(self, days: int) -> "Iterator[Period]":
        """This period cut from its first day into pieces of at most `days` days."""
        first = self.first
        while first <= self.last:
            last = min(self.last, first + timedelta(days=days - 1))
            yield Period(first, last)
            first = last + timedelta(days=1)

    def cut(self, per: Per) -> "Iterator[Period]":
        """This period cut where a day, a week or a month begins; the first piece and the last may be shorter."""
        first = self.first
        while first <= self.last:
            last = min(self.last, Period.around(first, per).last)
            yield Period(first, last)
            first = last + timedelta(days=1)

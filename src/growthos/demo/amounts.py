"""Numbers and instants as the vendors write them."""

from growthos.demo.dice import DAY, day_of


def decimal(cents: int) -> str:
    """Cents as Shopify writes money: at least one digit after the point, no zeros to fill up: 86.9, 40.0."""
    text = fixed(cents)
    return text.removesuffix("0")


def fixed(cents: int) -> str:
    """Cents with two digits after the point."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def short(cents: int) -> str:
    """Cents with the digits that are needed: 534.2, 89."""
    return fixed(cents).rstrip("0").rstrip(".")


class _Days(dict[int, str]):
    def __missing__(self, number: int) -> str:
        text = self[number] = day_of(number * DAY).isoformat()
        return text


class _Times(dict[int, str]):
    def __missing__(self, second: int) -> str:
        text = self[second] = f"T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
        return text


DAYS, TIMES = _Days(), _Times()


def iso(instant: int) -> str:
    """An instant as Shopify writes it: in UTC, to the second."""
    return DAYS[instant // DAY] + TIMES[instant % DAY]

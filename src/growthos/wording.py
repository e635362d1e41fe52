"""How amounts, shares and multiples read in a sentence or a table: rounded once, halves away from zero."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from growthos.money import places

NOTHING = "–"  # noqa: RUF001 - an en dash: there is no value

SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "C$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "MX$",
    "NZD": "NZ$",
    "USD": "$",
}
WHOLE = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
THOUSANDTHS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


def digits(currency: str) -> int:
    """How many digits after the point the currency itself uses."""
    return 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2


def money(cents: int, currency: str, *, signed: bool = False, hundredths: bool = False) -> str:
    """Hundredths of the major unit as an amount: `$1,234.56`, `-€5.00`, `CHF 12.30`, `¥120`.

    With `hundredths` an amount that has some shows them even where the currency has none.
    """
    amount = places(Fraction(abs(cents), 100), max(digits(currency), 2 if hundredths and cents % 100 else 0))
    symbol = SYMBOLS.get(currency, f"{currency} ")
    return f"{sign(cents, amount, signed=signed)}{symbol}{amount:,f}"


def percent(share: Fraction | Decimal, *, signed: bool = False, digits: int = 1) -> str:
    """A share of one: `31.3%`."""
    shown = places(abs(Fraction(share)) * 100, digits)
    return f"{sign(share, shown, signed=signed)}{shown:,f}%"


def multiple(value: Fraction | Decimal, *, signed: bool = False, digits: int = 2) -> str:
    """How many times: `1.62x`."""
    shown = places(abs(Fraction(value)), digits)
    return f"{sign(value, shown, signed=signed)}{shown:,f}x"


def points(move: Fraction | Decimal, *, digits: int = 1) -> str:
    """The difference of two shares, in percentage points, without its sign: `6.2`."""
    return f"{places(abs(Fraction(move)) * 100, digits):f}"


def count(number: int) -> str:
    """How many: `12,345`."""
    return f"{number:,}"


def size(bytes_: int) -> str:
    """How much room something takes: `12.3 MB`, in decimal units, as disks are sold."""
    amount, units = float(bytes_), ["bytes", "kB", "MB", "GB", "TB"]
    while round(amount, 1) >= 1000 and len(units) > 1:  # noqa: PLR2004 - a thousand of one are one of the next
        amount, units = amount / 1000, units[1:]
    return f"{amount:,.1f} {units[0]}" if units[0] != "bytes" else f"{bytes_} bytes"


def age(past: timedelta) -> str:
    """How long ago, without the word: hours for two days, then days."""
    hours = max(timedelta(0), past) // timedelta(hours=1)
    if hours < 1:
        return "less than an hour"
    if hours == 1:
        return "1 hour"
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004 - two days in hours read well


def span(seconds: float) -> str:
    """How long something took: `0.8 s`, `42 s`, `9 min 55 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 10:  # noqa: PLR2004 - of a few seconds the tenths say something
        return f"{max(0.0, seconds):.1f} s"
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004


def sign(value: int | Fraction | Decimal, shown: Decimal, *, signed: bool) -> str:
    """The sign of a value of which this much is shown; what rounds to nothing has none."""
    return "" if not shown else "-" if value < 0 else "+" if signed else ""

"""Numbers in JSON and in sentences: digit by digit, in the currency's own way."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growthos import jsontext, wording

leaves = st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False)
structures = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.250000", "0.25"),
        ("1.000000", "1.0"),
        ("0.000000", "0.0"),
        ("-0.013619", "-0.013619"),
        ("1E-6", "0.000001"),
        ("1E+3", "1000.0"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
    ],
)
def test_a_decimal_is_a_plain_number(value: str, text: str) -> None:
    assert jsontext.dumps(Decimal(value)) == text


@given(value=structures)
def test_whatever_is_written_reads_back_to_the_last_digit(value: object) -> None:
    for indent in (None, 2):
        assert json.loads(jsontext.dumps(value, indent=indent), parse_float=Decimal) == value


def test_structures_are_laid_out_as_json_does() -> None:
    value = {"a": [1, {"b": None}], "c": (), "d": {}, "e": "ü\n", "f": [True, 1.5]}

    assert jsontext.dumps(value) == json.dumps(value, indent=2)
    assert jsontext.dumps(value, indent=None) == json.dumps(value)
    assert jsontext.dumps([date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC)], indent=None) == (
        '["2026-03-01", "2026-03-01T00:00:00+00:00"]'
    )


def test_what_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        jsontext.dumps(float("nan"))
    with pytest.raises(TypeError):
        jsontext.dumps({1, 2})


@pytest.mark.parametrize(
    ("cents", "currency", "text"),
    [
        (123456, "USD", "$1,234.56"),
        (-500, "EUR", "-€5.00"),
        (5, "CHF", "CHF 0.05"),
        (123450, "JPY", "¥1,235"),  # 1,234.50 has no digits in yen: halves away from zero
        (-123450, "JPY", "-¥1,235"),
        (12345, "KWD", "KWD 123.450"),
        (0, "USD", "$0.00"),
    ],
)
def test_money_is_written_in_the_currencys_own_digits(cents: int, currency: str, text: str) -> None:
    assert wording.money(cents, currency) == text


def test_shares_multiples_and_points_are_rounded_once() -> None:
    assert wording.percent(Decimal("0.3125"), digits=0) == "31%"
    assert wording.percent(Decimal("0.0005")) == "0.1%"
    assert wording.percent(Decimal("-0.25"), signed=True) == "-25.0%"
    assert wording.percent(Decimal("0.25"), signed=True) == "+25.0%"
    assert wording.percent(Decimal("-0.0004"), signed=True) == "0.0%"
    assert wording.percent(Decimal("-0.0005"), signed=True) == "-0.1%"
    assert wording.multiple(Decimal("-0.0049"), signed=True) == "0.00x"
    assert wording.money(-49, "JPY", signed=True) == "¥0"
    assert wording.percent(Decimal("12.5")) == "1,250.0%"
    assert wording.multiple(Decimal("1.625")) == "1.63x"
    assert wording.points(Decimal("-0.0625")) == "6.3"
    assert wording.count(12345) == "12,345"
    assert [wording.size(amount) for amount in (999, 1000, 999_949, 999_950, 1_500_000_000)] == [
        *("999 bytes", "1.0 kB", "999.9 kB", "1.0 MB", "1.5 GB"),
    ]
    assert wording.money(100, "USD", signed=True) == "+$1.00"

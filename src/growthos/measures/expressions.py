"""A formula as a person writes it: names of what adds up, whole numbers, + - * / and parentheses.

Python's parser reads it and nothing of it is ever run: it becomes one polynomial of names over another, in exact
numbers. It divides once at most, so that its numerator and denominator are those that were meant.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import lcm, prod

from growthos.measures.values import Ratio, Unit

LONGEST, DEEPEST, MOST_TERMS = 300, 30, 100

# The names that are multiplied, in alphabetical order; none for a number by itself.
Names = tuple[str, ...]
Polynomial = Mapping[Names, Fraction]


class FormulaError(ValueError):
    """Why a text is no formula."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name in a formula stands for. `money`: 1 for an amount, 0 for a count, None where it may be either."""

    polynomial: Polynomial
    money: int | None
    written: str


@dataclass(frozen=True)
class Expression:
    """A formula that was read. `denominator` is None where nothing is divided.

    Both are what was written, times `scale`, which makes them whole.
    `names` are what it is worked out from, `written` is the formula in these names. `meaning`: what it is where another
    formula names it; None for a quotient.
    """

    names: tuple[str, ...]
    numerator: Mapping[Names, int]
    denominator: Mapping[Names, int] | None
    scale: int
    money: int | None
    written: str
    meaning: Meaning | None

    def outcome(self, values: tuple[int, ...], unit: Unit) -> int | Ratio:
        """What it comes to, for values in the order of its names."""
        given = dict(zip(self.names, values, strict=True))
        numerator = _worth(self.numerator, given)
        if self.denominator is None:
            return numerator
        return Ratio(numerator, _worth(self.denominator, given), unit)


@dataclass(frozen=True, slots=True)
class _Value:
    top: Polynomial
    bottom: Polynomial | None
    money: int | None


def parse(text: str, meaning: Callable[[str], Meaning]) -> Expression:
    """A formula from its text; FormulaError says what is wrong with it. `meaning` knows the names."""
    if len(text) > LONGEST:
        raise FormulaError(f"is longer than {LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError("is no formula: write it as (gross - discounts) / orders") from None
    reader = _Reader(meaning, {})
    value = reader.read(tree)
    if not reader.known:
        raise FormulaError("names nothing that is measured")
    written = _written(tree, reader.known)
    scale = lcm(*(factor.denominator for part in (value.top, value.bottom or {}) for factor in part.values()))
    one: Polynomial = {(): Fraction(1)}
    bottom = value.bottom if value.bottom is not None or scale == 1 else one
    return Expression(
        names=tuple(dict.fromkeys(name for one in reader.known.values() for name in _names(one))),
        numerator=_whole(value.top, scale),
        denominator=None if bottom is None else _whole(bottom, scale),
        scale=scale,
        money=value.money,
        written=written,
        meaning=Meaning(value.top, value.money, written) if value.bottom is None else None,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Works a tree out. `known`: what the names stand for that it has met."""

    meaning: Callable[[str], Meaning]
    known: dict[str, Meaning]

    def read(self, node: ast.expr, depth: int = 0) -> _Value:
        if depth > DEEPEST:
            raise FormulaError(f"takes more than {DEEPEST} steps")
        match node:
            case ast.Constant(value=int() as number) if not isinstance(number, bool):
                return _Value(_tidy({(): Fraction(number)}), None, None)
            case ast.Constant(value=float()):
                raise FormulaError("has a number that is not whole; write 3 / 2 for 1.5")
            case ast.Name(id=name):
                if name not in self.known:
                    self.known[name] = self.meaning(name)
                return _Value(self.known[name].polynomial, None, self.known[name].money)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _negative(self.read(operand, depth + 1))
            case ast.BinOp(left=left, op=operator, right=right):
                return _joined(self.read(left, depth + 1), operator, self.read(right, depth + 1))
        raise FormulaError("has more than names, whole numbers, + - * / and parentheses")


def _joined(left: _Value, operator: ast.operator, right: _Value) -> _Value:
    match operator:
        case ast.Add():
            return _sum(left, right)
        case ast.Sub():
            return _sum(left, _negative(right))
        case ast.Mult():
            return _product(left, right)
        case ast.Div():
            if left.bottom is not None or right.bottom is not None:
                raise _twice()
            if not right.top:
                raise FormulaError("divides by 0")
            money = None if left.money is None or right.money is None else left.money - right.money
            return _Value(left.top, right.top, money)
    raise FormulaError("has more than names, whole numbers, + - * / and parentheses")


def _sum(left: _Value, right: _Value) -> _Value:
    if left.bottom is not None and right.bottom is not None:
        raise _twice()
    if left.money is not None and right.money is not None and left.money != right.money:
        raise FormulaError(f"adds {amounts(right.money)} to {amounts(left.money)}, or takes them away")
    bottom = left.bottom if left.bottom is not None else right.bottom
    tops = [one.top if one.bottom is not None or bottom is None else _times(one.top, bottom) for one in (left, right)]
    added: dict[Names, Fraction] = {}
    for names, factor in (item for top in tops for item in top.items()):
        added[names] = added.get(names, Fraction(0)) + factor
    return _Value(_tidy(added), bottom, left.money if left.money is not None else right.money)


def _product(left: _Value, right: _Value) -> _Value:
    if left.bottom is not None and right.bottom is not None:
        raise _twice()
    money = None if left.money is None or right.money is None else left.money + right.money
    return _Value(_times(left.top, right.top), left.bottom if left.bottom is not None else right.bottom, money)


def _negative(value: _Value) -> _Value:
    return _Value({names: -factor for names, factor in value.top.items()}, value.bottom, value.money)


def _times(left: Polynomial, right: Polynomial) -> Polynomial:
    found: dict[Names, Fraction] = {}
    for (one, factor), (other, by) in product(left.items(), right.items()):
        names = tuple(sorted((*one, *other)))
        found[names] = found.get(names, Fraction(0)) + factor * by
    return _tidy(found)


def _tidy(terms: Mapping[Names, Fraction]) -> Polynomial:
    """Without what cancels out."""
    if len(terms) > MOST_TERMS:
        raise FormulaError(f"comes to more than {MOST_TERMS} terms")
    return {names: factor for names, factor in terms.items() if factor}


def _whole(terms: Polynomial, scale: int) -> dict[Names, int]:
    return {names: int(factor * scale) for names, factor in terms.items()}


def _worth(terms: Mapping[Names, int], given: Mapping[str, int]) -> int:
    return sum(factor * prod(given[name] for name in names) for names, factor in terms.items())


def _names(meaning: Meaning) -> list[str]:
    return [name for names in meaning.polynomial for name in names]


def _written(tree: ast.expr, known: Mapping[str, Meaning]) -> str:
    """The formula with what its names stand for written out, as the formulas of KPIs are."""
    if isinstance(tree, ast.Name):
        return known[tree.id].written
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            written = known[node.id].written
            node.id = written if written.isidentifier() else f"({written})"
    text = ast.unparse(tree).replace(" * ", " x ")
    if len(text) > LONGEST * 2:
        raise FormulaError(f"is longer than {LONGEST * 2} characters once what it is made of is written out")
    return text


def _twice() -> FormulaError:
    return FormulaError("divides more than once; write it as one numerator / denominator")


def amounts(money: int) -> str:
    """What is counted, in a word: money, or things."""
    return {0: "counts", 1: "amounts of money"}.get(money, "what is neither money nor a count")

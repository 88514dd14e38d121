"""Arithmetic in JSONata, as waits are computed: what a formula is worth, as far as its variables are known."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.step_functions.states.jsonata import inside

_LONGEST: Final = 500
"""Characters; waits are short formulas, and a longer one is not judged."""

_TOKEN: Final = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>\$[A-Za-z_]\w*)|(?P<sign>[-+*/()\[\],]))")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that a formula may be worth."""

    low: float
    high: float

    @property
    def is_known(self) -> bool:
        return self.low == self.high


ANYTHING: Final = Bounds(-math.inf, math.inf)
Formula = Callable[[Mapping[str, float]], Bounds]
"""From the values of variables that are known."""

_MONOTONE: Final[Mapping[str, Callable[[float], float]]] = {"$ceil": math.ceil, "$floor": math.floor, "$round": round}
_CHOOSING: Final[Mapping[str, Callable[..., float]]] = {"$max": max, "$min": min}


def formula(text: str) -> Formula | None:
    """The formula of an expression; None where it is more than arithmetic on numbers and variables."""
    code = inside(text)
    tokens = _tokens(code) if len(code) <= _LONGEST else None
    if tokens is None:
        return None
    try:
        found = _sum(tokens)
    except _UnreadableError:
        return None
    return None if tokens else found


def constant(value: float) -> Formula:
    def same(_: Mapping[str, float]) -> Bounds:
        return Bounds(value, value)

    return same


class _UnreadableError(Exception):
    """The expression is none of those that are read here."""


def _tokens(code: str) -> list[str] | None:
    """The tokens in reverse, for pop."""
    found, position = list[str](), 0
    while position < len(code):
        match = _TOKEN.match(code, position)
        if match is None:
            return None
        found.append(match.group().strip())
        position = match.end()
    return found[::-1]


def _sum(tokens: list[str]) -> Formula:
    found = _product(tokens)
    while tokens and tokens[-1] in "+-":
        found = _combined(tokens.pop(), found, _product(tokens))
    return found


def _product(tokens: list[str]) -> Formula:
    found = _factor(tokens)
    while tokens and tokens[-1] in "*/":
        found = _combined(tokens.pop(), found, _factor(tokens))
    return found


def _factor(tokens: list[str]) -> Formula:
    word = tokens.pop() if tokens else ""
    if word[:1].isdigit():
        return constant(float(word))
    if word == "(":
        found = _sum(tokens)
        _expect(tokens, ")")
        return found
    if word in _MONOTONE or word in _CHOOSING:
        return _call(word, tokens)
    if word.startswith("$") and not (tokens and tokens[-1] == "("):
        return lambda known: Bounds(known[word], known[word]) if word in known else ANYTHING
    raise _UnreadableError


def _call(name: str, tokens: list[str]) -> Formula:
    _expect(tokens, "(")
    if name in _MONOTONE:
        inner, rounded = _sum(tokens), _MONOTONE[name]
        _expect(tokens, ")")
        return lambda known: _mapped(rounded, inner(known))
    _expect(tokens, "[")
    parts, chosen = list(_list(tokens)), _CHOOSING[name]
    _expect(tokens, ")")

    def choose(known: Mapping[str, float]) -> Bounds:
        bounds = [part(known) for part in parts]
        return Bounds(chosen(found.low for found in bounds), chosen(found.high for found in bounds))

    return choose


def _list(tokens: list[str]) -> Iterator[Formula]:
    yield _sum(tokens)
    while tokens and tokens[-1] == ",":
        tokens.pop()
        yield _sum(tokens)
    _expect(tokens, "]")


def _expect(tokens: list[str], wanted: str) -> None:
    if not tokens or tokens.pop() != wanted:
        raise _UnreadableError


def _mapped(function: Callable[[float], float], bounds: Bounds) -> Bounds:
    low, high = (function(end) if math.isfinite(end) else end for end in (bounds.low, bounds.high))
    return Bounds(low, high)


def _combined(sign: str, left: Formula, right: Formula) -> Formula:
    def combine(known: Mapping[str, float]) -> Bounds:
        one, other = left(known), right(known)
        if sign == "+":
            return Bounds(one.low + other.low, one.high + other.high)
        if sign == "-":
            return Bounds(one.low - other.high, one.high - other.low)
        if not (one.is_known and other.is_known) or (sign == "/" and other.low == 0):
            return ANYTHING
        value = one.low * other.low if sign == "*" else one.low / other.low
        return Bounds(value, value)

    return combine

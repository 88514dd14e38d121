"""Demands on the value of a property, as functions from the value to whether it is accepted.

A value is what `values.lookup` returns: None where nothing is set, UNKNOWN where it is not known.
"""

import re
from collections.abc import Callable

from policies.rules.aws_limits import Name, Range
from policies.rules.values import UNKNOWN

Accepts = Callable[[object], bool]


def is_given(value: object) -> bool:
    return value is not None


def is_filled(value: object) -> bool:
    return value not in (None, "", [])


def is_true(value: object) -> bool:
    return value is True or value is UNKNOWN


def is_on(value: object) -> bool:
    return value not in (None, False)


def other_than(*values: object) -> Accepts:
    return lambda value: value not in values


def one_of(*values: object) -> Accepts:
    """Rejects an unset value."""
    return lambda value: value is UNKNOWN or value in values


def text_that(accepts: Callable[[str], bool]) -> Accepts:
    """Accepts everything that is not a text: a value that is not set, too."""
    return lambda value: not isinstance(value, str) or accepts(value)


def matching(pattern: str | re.Pattern[str]) -> Accepts:
    compiled = re.compile(pattern)
    return text_that(lambda text: compiled.fullmatch(text) is not None)


def named(names: Name) -> Accepts:
    return text_that(names.allows)


def within(accepted: Range, *others: float) -> Accepts:
    """Accepts the numbers of a range, and `others`, and everything that is not a number."""
    return lambda value: not is_number(value) or value in others or accepted.allows(value)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

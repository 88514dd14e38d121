"""The type of a column, from all of its values. None is changed to fit: with one that does not, the column is text."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

_MISSING: Final = "'na', 'n/a', '#n/a', 'nan', 'null', 'none', ''"
"""What stands for a missing value in a column of numbers, dates or truth values, in lower case. A column of text keeps
them, except the empty one."""

_SHOWN: Final = 10
_MAX_DIGITS: Final = 38
"""Of a DECIMAL, and of the largest HUGEINT."""


class Kind(IntFlag):
    """What a value can be read as, and a column if all of its values can."""

    INTEGER = 1
    HUGE = 2
    NUMBER = 4
    DOUBLE = 8
    """A number that a DOUBLE does not round."""
    COMMA = 16
    """A number with a decimal comma."""
    GROUPED = 32
    """A number with commas between thousands."""
    BOOLEAN = 64
    DATE = 128
    TIMESTAMP = 256
    ZONED = 512
    CLOCK = 1024
    DAY_FIRST = 2048
    MONTH_FIRST = 4096
    FIXED = 8192
    """A number without an exponent, and not infinite."""
    AS_WRITTEN = 16384
    """No value has space around it or stands for a missing one."""


_ALL: Final = Kind(16383)
"""What a missing value can be read as."""

_COMMAS: Final = Kind.COMMA | Kind.GROUPED
_DAYS: Final = Kind.DAY_FIRST | Kind.MONTH_FIRST
_WHOLE: Final = "(0|[1-9][0-9]*)"
_SHORT: Final = "(0|[1-9][0-9]{0,5})"
"""After a plus sign; a longer number is rather one of a telephone."""
_EXPONENT: Final = "([eE][-+]?[0-9]+)?"
_DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK: Final = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_SHORT_ENOUGH: Final = "length(@) <= 16 AND "
_POINTS: Final = r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}"
_SLASHES: Final = "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"
_DAY_FIRST: Final = "TRY_STRPTIME(@, '%d/%m/%Y') IS NOT NULL"
_MONTH_FIRST: Final = "TRY_STRPTIME(@, '%m/%d/%Y') IS NOT NULL"
_ZONE: Final = " ?(Z|[-+][0-9]{2}(:[0-9]{2})?)"


def _matches(pattern: str) -> str:
    return f"regexp_full_match(@, '{pattern}')"


def _significant(text: str) -> str:
    """The significant digits of a number."""
    return f"trim(regexp_replace(regexp_replace({text}, '[eE].*', ''), '[^0-9]', '', 'g'), '0')"


_NUMBER: Final = rf"(-?{_WHOLE}|\+{_SHORT})(\.[0-9]*)?|[-+]?\.[0-9]+"
_LONG: Final = rf"[-+]?{_WHOLE}\.[0-9]{{0,9}}"
"""A long number after a plus sign is none of a telephone if it has a point."""
_AS_DOUBLE: Final = "TRY_CAST(@ AS DOUBLE)"
_IS_FIXED: Final = _matches(f"{_NUMBER}|{_LONG}")
_IS_NUMBER: Final = _matches(f"({_NUMBER}){_EXPONENT}|{_LONG}") + f" AND isfinite({_AS_DOUBLE})"
_WRITTEN: Final = (f"CAST({_AS_DOUBLE} AS VARCHAR)", f"format('{{:.17g}}', {_AS_DOUBLE})")
_SHOWN_DIGITS: Final = ", ".join(_significant(written) for written in _WRITTEN)
_IS_EXACT: Final = f"(length(@) <= 16 OR length({_significant('@')}) <= 15 OR {_significant('@')} IN ({_SHOWN_DIGITS}))"
"""Whether a DOUBLE, written with 15 or 17 digits or as few as identify it, has the digits of the number."""

_DOUBLE: Final = Kind.NUMBER | Kind.DOUBLE | Kind.GROUPED

# What passes none stays text, such as numbers with leading zeros: they are rather codes.
_TESTS: Final = (
    (
        "CAST(TRY_CAST(@ AS BIGINT) AS VARCHAR) = @ "
        "AND TRY_CAST(@ AS BIGINT) BETWEEN -9007199254740992 AND 9007199254740992",
        Kind.INTEGER | Kind.HUGE | _DOUBLE | Kind.COMMA | Kind.FIXED,
    ),
    ("CAST(TRY_CAST(@ AS BIGINT) AS VARCHAR) = @", Kind.INTEGER | Kind.HUGE | Kind.NUMBER | Kind.FIXED),
    (_matches("-?[1-9][0-9]{0,37}"), Kind.HUGE | Kind.NUMBER | Kind.FIXED),
    (f"{_IS_FIXED} AND isfinite({_AS_DOUBLE}) AND {_IS_EXACT}", _DOUBLE | Kind.FIXED),
    (f"{_IS_FIXED} AND isfinite({_AS_DOUBLE})", Kind.NUMBER | Kind.FIXED),
    (f"{_IS_NUMBER} AND {_IS_EXACT}", _DOUBLE),
    (_IS_NUMBER, Kind.NUMBER),
    (_matches("(?i)[-+]?inf(inity)?"), Kind.NUMBER | Kind.DOUBLE),
    ("lower(@) IN ('true', 'false')", Kind.BOOLEAN),
    (_matches(_DAY) + " AND TRY_CAST(@ AS DATE) IS NOT NULL", Kind.DATE | Kind.TIMESTAMP),
    (_matches(f"{_DAY}[ T]{_CLOCK}") + " AND TRY_CAST(@ AS TIMESTAMP) IS NOT NULL", Kind.TIMESTAMP),
    (_matches(f"{_DAY}[ T]{_CLOCK}{_ZONE}") + " AND TRY_CAST(@ AS TIMESTAMPTZ) IS NOT NULL", Kind.ZONED),
    (_matches(_CLOCK) + " AND TRY_CAST(@ AS TIME) IS NOT NULL", Kind.CLOCK),
    (_matches("-?[1-9][0-9]{0,2},[0-9]{3}"), _COMMAS),
    (_SHORT_ENOUGH + _matches(rf"-?{_WHOLE},[0-9]+|-?[1-9][0-9]{{0,2}}(\.[0-9]{{3}})+,[0-9]+"), Kind.COMMA),
    (_SHORT_ENOUGH + _matches(r"-?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?"), Kind.GROUPED),
    (_matches(_POINTS) + " AND TRY_STRPTIME(@, '%d.%m.%Y') IS NOT NULL", Kind.DAY_FIRST),
    (_matches(_SLASHES) + f" AND {_DAY_FIRST} AND {_MONTH_FIRST}", Kind.DAY_FIRST | Kind.MONTH_FIRST),
    (_matches(_SLASHES) + f" AND {_DAY_FIRST}", Kind.DAY_FIRST),
    (_matches(_SLASHES) + f" AND {_MONTH_FIRST}", Kind.MONTH_FIRST),
)
"""What a value can be read as by the first test that it passes."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the source, by its position there, and its name in the table."""

    position: int
    name: str
    is_named: bool
    """Whether the file names it."""

    @property
    def text(self) -> str:
        """The value as it stands in the file."""
        return f"c{self.position}"

    @property
    def trimmed(self) -> str:
        """The value without surrounding space."""
        return _trimmed(self.text)

    @property
    def value(self) -> str:
        """The same; NULL if it stands for a missing value."""
        return f"CASE WHEN {_is_missing(self.text)} THEN NULL ELSE {self.trimmed} END"

    def digits(self) -> str:
        """Two aggregates: the most digits before and after the point."""
        whole = f"ltrim(split_part({self.value}, '.', 1), '+-')"
        return f"max(length({whole})), max(length(split_part({self.value}, '.', 2)))"


def kind_of(text: str, guess: Kind | None = None) -> str:
    """An aggregate: what all values of an SQL expression can be read as; NULL if all are missing, 0 if only as text.
    With the guess of a sample: what of that they can be read as."""
    tests = [(test, kind) for test, kind in _TESTS if guess is None or kind & guess]
    first = _cases(tests, text, Kind.AS_WRITTEN)
    other = f"CASE WHEN {_is_missing(text)} THEN {int(_ALL)} {_cases(tests, _trimmed(text))} ELSE 0 END"
    return f"bit_and(CASE WHEN {text} IS NULL THEN NULL {first} ELSE {other} END)"


def is_text(kind: Kind | None) -> bool:
    """Whether a column that can be read so is text, whatever its other values are."""
    return kind is not None and not kind & _ALL


def _trimmed(text: str) -> str:
    return f"trim({text}, e' \\t')"


def _is_missing(text: str) -> str:
    return f"lower({_trimmed(text)}) IN ({_MISSING})"


def _cases(tests: Iterable[tuple[str, Kind]], value: str, extra: int = 0) -> str:
    return " ".join(f"WHEN {test.replace('@', value)} THEN {kind | extra:d}" for test, kind in tests)


def needs_digits(kind: Kind | None) -> bool:
    """Whether a DOUBLE would round numbers of the column, and a DECIMAL may hold all of them."""
    return _is_rounded(kind) and kind is not None and bool(kind & Kind.FIXED)


def _is_rounded(kind: Kind | None) -> bool:
    return kind is not None and bool(kind & Kind.NUMBER) and not kind & (Kind.HUGE | Kind.DOUBLE)


def expression(column: Column, kind: Kind | None, digits: tuple[int, int] | None) -> str:
    """The column in its type. `digits`, before and after the point, if it needs them."""
    if kind is not None and kind != _ALL:
        value = column.text if kind & Kind.AS_WRITTEN else column.value
        if digits is not None and _is_decimal(digits):
            return f"CAST({value} AS DECIMAL({max(1, sum(digits))}, {digits[1]}))"
        for candidate, template in _READ:
            if kind & candidate and not kind & _opposite(candidate):
                return template.replace("@", value)
    return f"nullif({column.text}, '')"


def _is_decimal(digits: tuple[int, int] | None) -> bool:
    return digits is not None and sum(digits) <= _MAX_DIGITS


def _opposite(candidate: Kind) -> Kind:
    """The kind that leaves open how to read a column which has both."""
    pair = next((pair for pair in (_COMMAS, _DAYS) if candidate & pair), candidate)
    return pair & ~candidate


_READ: Final = (
    (Kind.INTEGER, "CAST(@ AS BIGINT)"),
    (Kind.HUGE, "CAST(@ AS HUGEINT)"),
    (Kind.NUMBER, "CAST(@ AS DOUBLE)"),
    (Kind.BOOLEAN, "CAST(@ AS BOOLEAN)"),
    (Kind.DATE, "CAST(@ AS DATE)"),
    (Kind.TIMESTAMP, "CAST(@ AS TIMESTAMP)"),
    (Kind.ZONED, "CAST(@ AS TIMESTAMPTZ)"),
    (Kind.CLOCK, "CAST(@ AS TIME)"),
    (Kind.COMMA, "CAST(replace(replace(@, '.', ''), ',', '.') AS DOUBLE)"),
    (Kind.GROUPED, "CAST(replace(@, ',', '') AS DOUBLE)"),
    (Kind.DAY_FIRST, "CAST(strptime(replace(@, '.', '/'), '%d/%m/%Y') AS DATE)"),
    (Kind.MONTH_FIRST, "CAST(strptime(@, '%m/%d/%Y') AS DATE)"),
)
"""The first kind that a column has decides. Of the pairs that exclude each other, a column that has both is text."""


def remarks_on(columns: Sequence[tuple[Column, Kind | None]], digits: Mapping[int, tuple[int, int]]) -> tuple[str, ...]:
    """Columns that stay text although their values look like something else, and columns of rounded numbers."""
    found: tuple[tuple[str, Callable[[Column, Kind], bool]], ...] = (
        ("text, because 1,234 may be a decimal or a thousand", lambda _, kind: _is_only(kind, _COMMAS)),
        ("text, because it is not clear whether day or month comes first", lambda _, kind: _is_only(kind, _DAYS)),
        (
            "DOUBLE, which rounds some of the numbers, because no exact type holds all of them",
            lambda column, kind: _is_rounded(kind) and not _is_decimal(digits.get(column.position)),
        ),
    )
    remarks = []
    for reason, applies in found:
        names = [column.name for column, kind in columns if kind is not None and applies(column, kind)]
        if names:
            remarks.append(f"{reason}: {', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''}")
    return tuple(remarks)


def _is_only(kind: Kind, pair: Kind) -> bool:
    return kind & pair == pair and not kind & ~(pair | Kind.AS_WRITTEN)

"""The type of a column, from all of its values. None is changed to fit: with one that does not, the column is text."""

from collections.abc import Iterable, Sequence
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
    AS_WRITTEN = 8192
    """No value has space around it or stands for a missing one."""


_ALL: Final = Kind(8191)
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


# What passes none stays text, such as numbers with leading zeros: they are rather codes. A DOUBLE keeps 15 digits.
_TESTS: Final = (
    (
        "length(@) <= 15 AND CAST(TRY_CAST(@ AS BIGINT) AS VARCHAR) = @",
        Kind.INTEGER | Kind.HUGE | Kind.NUMBER | Kind.DOUBLE | _COMMAS,
    ),
    ("CAST(TRY_CAST(@ AS BIGINT) AS VARCHAR) = @", Kind.INTEGER | Kind.HUGE | Kind.NUMBER),
    (_matches("-?[1-9][0-9]{0,37}"), Kind.HUGE | Kind.NUMBER),
    ("length(@) > 16 AND " + _matches(rf"[-+]?{_WHOLE}\.[0-9]{{0,9}}"), Kind.NUMBER),
    (
        _matches(rf"(-?{_WHOLE}|\+{_SHORT})(\.[0-9]*)?{_EXPONENT}|[-+]?\.[0-9]+{_EXPONENT}")
        + " AND isfinite(TRY_CAST(@ AS DOUBLE))",
        Kind.NUMBER | Kind.DOUBLE | Kind.GROUPED,
    ),
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
        return f"trim({self.text}, e' \\t')"

    @property
    def value(self) -> str:
        """The same; NULL if it stands for a missing value."""
        return f"CASE WHEN lower({self.trimmed}) IN ({_MISSING}) THEN NULL ELSE {self.trimmed} END"

    def kind(self, guess: Kind | None = None) -> str:
        """An aggregate: what all values can be read as; NULL if all are missing, 0 if only as text. With the guess of
        a sample the tests that most values pass come first."""
        likely = [(test, kind) for test, kind in _TESTS if guess is not None and kind & guess]
        first = _cases(likely, self.text, Kind.AS_WRITTEN)
        missing = f"WHEN lower({self.trimmed}) IN ({_MISSING}) THEN {int(_ALL)}"
        other = f"CASE {missing} {_cases(_TESTS, self.trimmed)} ELSE 0 END"
        return f"bit_and(CASE WHEN {self.text} IS NULL THEN NULL {first} ELSE {other} END)"

    def digits(self) -> str:
        """Two aggregates: the most digits before and after the point."""
        whole = f"ltrim(split_part({self.value}, '.', 1), '+-')"
        return f"max(length({whole})), max(length(split_part({self.value}, '.', 2)))"


def _cases(tests: Iterable[tuple[str, Kind]], value: str, extra: int = 0) -> str:
    return " ".join(f"WHEN {test.replace('@', value)} THEN {kind | extra:d}" for test, kind in tests)


def needs_digits(kind: Kind | None) -> bool:
    """Whether a DOUBLE would round numbers of the column, so that it may need a DECIMAL."""
    return kind is not None and bool(kind & Kind.NUMBER) and not kind & (Kind.HUGE | Kind.DOUBLE)


def expression(column: Column, kind: Kind | None, digits: tuple[int, int] | None) -> str:
    """The column in its type. `digits`, before and after the point, if it needs them."""
    if kind is not None and kind != _ALL:
        value = column.text if kind & Kind.AS_WRITTEN else column.value
        if digits is not None and sum(digits) <= _MAX_DIGITS:
            return f"CAST({value} AS DECIMAL({max(1, sum(digits))}, {digits[1]}))"
        for candidate, template in _READ:
            if kind & candidate and not kind & _opposite(candidate):
                return template.replace("@", value)
    return f"nullif({column.text}, '')"


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


def remarks_on(columns: Sequence[tuple[Column, Kind | None]]) -> tuple[str, ...]:
    """Columns that stay text although their values look like something else, by reason."""
    found = (
        (_COMMAS, "text, because 1,234 may be a decimal or a thousand"),
        (_DAYS, "text, because it is not clear whether day or month comes first"),
    )
    remarks = []
    for pair, reason in found:
        names = [column.name for column, kind in columns if kind is not None and _is_only(kind, pair)]
        if names:
            remarks.append(f"{reason}: {', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''}")
    return tuple(remarks)


def _is_only(kind: Kind, pair: Kind) -> bool:
    return kind & pair == pair and not kind & ~(pair | Kind.AS_WRITTEN)

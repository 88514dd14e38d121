"""Where one of AWS's numbers comes from, and when it was read there."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

READ: Final = date(2026, 11, 21)
"""The day on which the pages were read."""

READ_NEWS: Final = date(2026, 11, 29)
"""The day on which AWS's changes since then, and botocore's models of the services, were read."""


@dataclass(frozen=True, slots=True)
class Source:
    """The page that states a number, and the day on which it was read."""

    address: str
    read: date = READ


SERVICE_MODELS: Final = Source("https://github.com/boto/botocore/tree/1.44.5/botocore/data", READ_NEWS)


@dataclass(frozen=True, slots=True)
class Range:
    """The accepted values, both ends included; `source` is None where the project sets them."""

    minimum: int
    maximum: int
    unit: str
    source: Source | None

    def allows(self, value: object) -> bool:
        """Whether the value is a number in the range; anything else, true and false included, is not."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.minimum <= value <= self.maximum

    def __str__(self) -> str:
        return f"{self.minimum:,} to {self.maximum:,} {self.unit}"


@dataclass(frozen=True, slots=True)
class Name:
    """The accepted names: at most `longest` characters that match `pattern` from the first to the last."""

    longest: int
    pattern: str
    source: Source

    def allows(self, name: str) -> bool:
        return len(name) <= self.longest and re.fullmatch(self.pattern, name) is not None

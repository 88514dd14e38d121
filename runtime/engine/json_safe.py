"""Any Python value as JSON that every reader accepts. Nothing here raises, whatever the value is."""

import base64
import dataclasses
import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from inspect import iscoroutine
from itertools import islice
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from runtime.engine.foreign_values import to_python

MAX_DEPTH: Final = 64
"""Levels of nested lists and objects: encoders recurse, and a thousand levels would end the run."""

MAX_VALUES: Final = 100_000
"""Values in one result, its keys not counted: shared parts and endless iterators would grow without end."""

_CUT: Final = "…"
_LONGEST_NUMBER: Final = 14_000
"""Bits: 4,215 digits. Python neither writes nor reads a whole number of more than 4,300 digits as text."""

_LONGEST_DIGITS: Final = 400_000
"""Bits: 120,000 digits, the most that is written out."""


def to_json_safe(value: object) -> Any:  # noqa: ANN401  what JSON can hold
    """The value as None, bool, int, float, str, list and dict. Numbers that JSON cannot express are None, and whole
    numbers over 4,200 digits are text. Below MAX_DEPTH levels, inside itself and after MAX_VALUES values it is cut."""
    return _Conversion().convert(value, MAX_DEPTH)


def to_text(value: object) -> str:
    """A string as it is; anything else as its JSON text, or without quotes where that is one string."""
    safe = to_json_safe(value)
    return safe if isinstance(safe, str) else json.dumps(safe, ensure_ascii=False)


def to_valid_text(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, which UTF-8 cannot encode; two halves that make a pair
    become their character."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class _Conversion:
    """One conversion: the containers that are open, and how many values are left."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._left = MAX_VALUES

    def convert(self, value: object, depth: int) -> Any:  # noqa: ANN401  see to_json_safe
        self._left -= 1
        if self._left < 0 or depth <= 0 or id(value) in self._open:
            return _CUT
        try:
            if (scalar := _scalar(value)) is not _NO_SCALAR:
                return scalar
            self._open.add(id(value))
            try:
                return self._composite(value, depth)
            finally:
                self._open.discard(id(value))
        except BaseException as error:
            return _broken(value, error)

    def _composite(self, value: object, depth: int) -> Any:  # noqa: ANN401  see to_json_safe
        opened = _opened(value)
        if opened is not value:
            return self.convert(opened, depth)
        if isinstance(value, Mapping):
            return self._object(value.items(), depth)
        if isinstance(value, set | frozenset):
            return sorted(self._list(value, depth), key=_sort_key)
        if isinstance(value, Collection | Iterator):
            return self._list(value, depth)
        if iscoroutine(value):
            value.close()
        return to_valid_text(_exact(str(value)))

    def _list(self, values: Iterable[object], depth: int) -> list[Any]:
        converted = [self.convert(item, depth - 1) for item in islice(values, max(self._left, 0))]
        return [*converted, _CUT] if self._left <= 0 else converted

    def _object(self, items: Iterable[tuple[object, object]], depth: int) -> dict[str, Any]:
        limited = islice(items, max(self._left, 0))
        return {self._key(key): self.convert(item, depth - 1) for key, item in limited}

    def _key(self, key: object) -> str:
        if isinstance(key, str):
            return to_valid_text(_exact(key))
        safe = self.convert(key, MAX_DEPTH)
        return safe if isinstance(safe, str) else json.dumps(safe, ensure_ascii=False)


_NO_SCALAR: Final = object()


def _scalar(value: object) -> Any:  # noqa: ANN401, PLR0911  one line a type
    if value is None or value is True or value is False:
        return value
    if isinstance(value, Enum):
        return _NO_SCALAR
    if isinstance(value, str):
        return to_valid_text(_exact(value))
    if isinstance(value, int):
        return _whole(int.__pos__(value))
    if isinstance(value, float):
        number = float.__pos__(value)
        return number if math.isfinite(number) else None
    if isinstance(value, Decimal):
        return Decimal.__str__(value) if Decimal.is_finite(value) else None
    if isinstance(value, bytes | bytearray | memoryview):
        return _bytes(bytes(value))
    if isinstance(value, date | time):
        # pandas' NaT is a datetime that is none.
        return value.isoformat() if value == value else None  # noqa: PLR0124
    if isinstance(value, timedelta | UUID | PurePath | Fraction | complex):
        return to_valid_text(str(value)) if value == value else None  # noqa: PLR0124
    return _NO_SCALAR


def _exact(text: str) -> str:
    """The characters of a string whose class may have methods of its own."""
    return str.__str__(text)


def _whole(number: int) -> int | str:
    bits = number.bit_length()
    if bits <= _LONGEST_NUMBER:
        return number
    if bits <= _LONGEST_DIGITS:
        return f"{Decimal(number):f}"
    return f"about {'-' if number < 0 else ''}10^{int((bits - 1) * math.log10(2))}"


def _bytes(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()


def _opened(value: object) -> object:
    """What an object holds, as values that are nearer to JSON; another value itself."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, BaseModel):
        with suppress(Exception):
            return value.model_dump(mode="json", warnings=False)
        return {name: getattr(value, name, None) for name in type(value).model_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return to_python(value)


def _sort_key(item: object) -> str:
    return json.dumps(item, ensure_ascii=False)


def _broken(value: object, error: BaseException) -> str:
    return f"<{class_name(value)}: {class_name(error)}>"


def is_instance(value: object, kind: type) -> bool:
    """Like isinstance, which reads the value's __class__ and so may raise: False then."""
    try:
        return isinstance(value, kind)
    except BaseException:
        return False


def class_name(value: object) -> str:
    """The name of the value's class, also where the class hides or changes it."""
    return to_valid_text(str(type.__dict__["__name__"].__get__(type(value))))

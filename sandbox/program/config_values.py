"""A configuration value as Pulumi's engine holds it: its text for the program, and its check against a type."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_FIXED_POINT: Final = (1e-6, 1e21)
"""Numbers between are written without an exponent."""

_ESCAPED: Final = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}

Decrypt = Callable[[str], str]


class ConfigValueError(ValueError):
    """A value that the engine rejects too; the message continues "KEY in FILE "."""


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """`text` is what the program gets; `content` is what the engine checks: a text, or an object, list or null."""

    text: str
    content: object
    is_secret: bool = False

    @classmethod
    def of(cls, value: object, decrypt: Decrypt) -> "ConfigValue":
        """A value of a stack's file. Booleans and numbers become texts, as the engine holds them.

        Raises ConfigValueError, and what `decrypt` raises, which gets the ciphertext of each encrypted part."""
        plain = _plain(value, decrypt)
        is_secret = has_secret(value)
        if plain is None:
            return cls("", "", is_secret)
        if isinstance(plain, list | dict):
            return cls(_json(plain), plain, is_secret)
        text = plain if isinstance(plain, str) else _float_text(plain) if isinstance(plain, float) else _json(plain)
        return cls(text, text, is_secret)


def _json(value: object) -> str:
    """JSON as Go writes it: with sorted keys, without spaces, and safe inside HTML."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.translate(_ESCAPED)


def _float_text(value: float) -> str:
    if _FIXED_POINT[0] <= abs(value) < _FIXED_POINT[1]:
        return format(Decimal(repr(value)), "f")
    return re.sub(r"e([+-])0", r"e\1", repr(value)).replace(".0e", "e")


def has_secret(value: object) -> bool:
    """Whether a part of the value is encrypted."""
    if isinstance(value, dict):
        return _ciphertext(value) is not None or any(map(has_secret, value.values()))
    return isinstance(value, list) and any(map(has_secret, value))


def _ciphertext(value: Mapping[object, object]) -> str | None:
    """Only an object that has this one key, and a text in it, is encrypted."""
    secure = value.get("secure") if len(value) == 1 else None
    return secure if isinstance(secure, str) else None


def _plain(value: object, decrypt: Decrypt) -> Any:  # noqa: ANN401  JSON
    match value:
        case dict():
            ciphertext = _ciphertext(value)
            if ciphertext is not None:
                return decrypt(ciphertext)
            return {_name(key): _plain(item, decrypt) for key, item in value.items()}
        case list():
            return [_plain(item, decrypt) for item in value]
        case bytes():
            return value.decode(errors="replace")
        case float():
            return _number(value)
        case None | bool() | int() | str():
            return value
    raise ConfigValueError(f"has a {type(value).__name__}, which a configuration cannot hold")


def _number(value: float) -> float | int:
    if not math.isfinite(value):
        raise ConfigValueError(f"is {value}, which is no number that a program can be given")
    low, high = _FIXED_POINT
    return int(Decimal(repr(value))) if value == 0 or (value.is_integer() and low <= abs(value) < high) else value


def _name(key: object) -> str:
    return "<nil>" if key is None else key if isinstance(key, str) else json.dumps(key)


def has_type(content: object, kind: str, items: Mapping[str, Any] | None) -> bool:
    """Whether the engine accepts the content for the type that Pulumi.yaml declares, `items` for those of a list."""
    match kind:
        case "string":
            return isinstance(content, str)
        case "integer":
            return _is_integer(content)
        case "boolean":
            return isinstance(content, bool) or content in ("true", "false")
        case "object":
            return isinstance(content, dict)
        case "array":
            return (
                isinstance(content, list)
                and items is not None
                and all(has_type(item, str(items.get("type")), items.get("items")) for item in content)
            )
    return False


def _is_integer(content: object) -> bool:
    if isinstance(content, str):
        return _INTEGER.fullmatch(content) is not None and -(2**63) <= int(content) < 2**63
    return not isinstance(content, bool) and isinstance(content, int | float) and content == math.trunc(content)


def type_name(kind: str, items: Mapping[str, Any] | None) -> str:
    return f"array<{type_name(str(items.get('type')), items.get('items'))}>" if items else kind

"""Property values as plain data: secrets unwrapped, what is not known yet replaced by UNKNOWN, which no rule judges."""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Final

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the engine's mark of a secret, not one
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_SENTINELS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""What the engine sends in place of a value that the deployment has yet to produce: a string for each kind of value."""

_READABLE: Final = 100
"""Characters of a value that a message shows."""


class Unknown(Enum):
    """The type of UNKNOWN: a value that is not known yet, or that is no data (an asset)."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


def plain(value: object) -> object:
    """The value as dict, list, text, number, bool or None with UNKNOWN inside."""
    match value:
        case str():
            return UNKNOWN if value in UNKNOWN_SENTINELS else value
        case bool() | int() | float() | None:
            return value
        case Mapping():
            members = {str(key): plain(member) for key, member in value.items()}
            return _unwrapped(members) if SIGNATURE in members else members
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [plain(member) for member in value]
        case _:
            return UNKNOWN


def _unwrapped(wrapped: Mapping[str, object]) -> object:
    if wrapped[SIGNATURE] in (SECRET_SIGNATURE, OUTPUT_SIGNATURE):
        return wrapped.get("value", UNKNOWN)
    return UNKNOWN


def lookup(properties: Mapping[str, object], *path: str) -> object:
    """The value at a path: None where nothing is set, UNKNOWN where a step of the path is not known."""
    value: object = properties
    for key in path:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            return UNKNOWN
        value = value.get(key)
    return value


def text(properties: Mapping[str, object], *path: str) -> str | None:
    """The text at a path, None where there is none or it is not known."""
    value = lookup(properties, *path)
    return value if isinstance(value, str) else None


def mapping(properties: Mapping[str, object], *path: str) -> Mapping[str, object]:
    """The mapping at a path, empty where there is none or it is not known."""
    value = lookup(properties, *path)
    return value if isinstance(value, Mapping) else {}


def number(properties: Mapping[str, object], *path: str) -> float | None:
    """The number at a path, None where there is none or it is not known."""
    value = lookup(properties, *path)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def members(properties: Mapping[str, object], *path: str) -> list[object]:
    """The list at a path, empty where there is none or it is not known."""
    value = lookup(properties, *path)
    return value if isinstance(value, list) else []


def texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every known text with its path, for example `environment.variables.LONGRUN_TABLE` or `layers[0]`."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from texts(member, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from texts(member, f"{path}[{index}]")


def format_number(value: float) -> str:
    """Returns a number with separators; the engine sends whole numbers as floats."""
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def quoted(value: str) -> str:
    """Returns a text in quotes, or its length for a long one."""
    return repr(value) if len(value) <= _READABLE else f"a text of {len(value):,} characters"

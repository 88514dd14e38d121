"""Reads YAML as Pulumi's engine does, whose parser (Go's yaml.v3) follows YAML 1.2 with a few additions.

PyYAML follows YAML 1.1: for it `no` is false, `1:30` is 90, and `1e3` is a text.
"""

import re
from collections.abc import Hashable
from datetime import datetime
from typing import Any, Final

import yaml

_TAG: Final = "tag:yaml.org,2002:"
_CONSTANTS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), f"{_TAG}null"),
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), f"{_TAG}bool"),
    **{f"{sign}{word}": f"{_TAG}float" for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), f"{_TAG}float"),
    "<<": f"{_TAG}merge",
}
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_OCTAL: Final = re.compile(r"([-+]?)0([0-7]+)")
_TIME: Final = re.compile(
    r"(?P<day>\d{4}-\d\d?-\d\d?)"
    r"(?:(?P<between>[Tt ])(?P<time>\d\d?:\d\d?:\d\d?)(?P<fraction>\.\d{1,9})?(?P<zone>Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)
_INTEGERS: Final = range(-(2**63), 2**64)


class EngineLoader(yaml.SafeLoader):
    """A key that a mapping has twice is an error."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:  # noqa: ANN401  as PyYAML declares it
        if kind is yaml.ScalarNode and implicit[0]:
            return _tag_of(value)
        return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and names.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} is given twice", key.start_mark)
        return super().construct_mapping(node, deep)


def load(text: str) -> object:
    """The document as bool, int, float, str, None, list and dict; a date is the text that the engine makes of it.

    Raises yaml.YAMLError.
    """
    return yaml.load(text, EngineLoader)  # noqa: S506  a SafeLoader


def _tag_of(text: str) -> str:
    if (constant := _CONSTANTS.get(text)) is not None:
        return constant
    if text[0] not in "+-.0123456789" or not text.isascii():
        return f"{_TAG}str"
    if _time(text) is not None:
        return f"{_TAG}timestamp"
    if text[0] != "." and _integer(text) is not None:
        return f"{_TAG}int"
    return f"{_TAG}float" if _float(text) is not None else f"{_TAG}str"


def _integer(text: str) -> int | None:
    plain = text.replace("_", "")
    if (octal := _OCTAL.fullmatch(plain)) is not None:
        plain = f"{octal[1]}0o{octal[2]}"
    try:
        number = int(plain, 0)
    except ValueError:
        return None
    return number if number in _INTEGERS else None


def _float(text: str) -> float | None:
    plain = text.replace("_", "")
    number = float(plain) if _FLOAT.fullmatch(plain) else None
    return None if number in (float("inf"), float("-inf")) else number


def _time(text: str) -> str | None:
    """The text of a moment as Go prints it. With a T it has a zone, with a space it has none."""
    match = _TIME.fullmatch(text)
    if match is None or (match["between"] in ("T", "t")) is not (match["zone"] is not None):
        return None
    try:
        moment = datetime.strptime(f"{match['day']} {match['time'] or '0:0:0'}", "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
    fraction = (match["fraction"] or "").rstrip("0").rstrip(".")
    zone = (match["zone"] or "Z").replace(":", "")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {'+0000 UTC' if zone == 'Z' else f'{zone} {zone}'}"


def _constructed(loader: EngineLoader, node: yaml.ScalarNode) -> object:
    """A number or a moment. An explicit tag may be given to a text that is none."""
    text = str(loader.construct_scalar(node))
    kind = node.tag.removeprefix(_TAG)
    if _CONSTANTS.get(text) == node.tag:
        return float(text.replace(".", "", 1))
    value = {"int": _integer, "float": _float, "timestamp": _time}[kind](text)
    if value is None:
        raise yaml.constructor.ConstructorError(None, None, f"{text!r} is no {kind}", node.start_mark)
    return value


for _kind in ("int", "float", "timestamp"):
    EngineLoader.add_constructor(f"{_TAG}{_kind}", _constructed)

"""Policy configuration: the level of each rule, and the exceptions from it, each with its reason.

One JSON document for both entry points: the engine takes it as `--policy-pack-config` and hands each policy its part,
and `longrun check --policy-config` reads it here:

    {"all": "advisory",
     "lambda-function-timeout": "disabled",
     "function-url-not-public": {
       "enforcementLevel": "mandatory",
       "exceptions": [{"resource": "demo-url", "reason": "a public demo, without data"}]}}
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Rule, Severity

ALL: Final = "all"
LEVEL: Final = "enforcementLevel"
EXCEPTIONS: Final = "exceptions"
_REQUIRED: Final = ("resource", "reason")
_FIELDS: Final = (*_REQUIRED, "property", "source")

EXCEPTIONS_SCHEMA: Final[Mapping[str, object]] = {
    "type": "array",
    "description": "Resources that may break the rule, each with the reason why.",
    "items": {
        "type": "object",
        "properties": {name: {"type": "string", "pattern": "\\S"} for name in _FIELDS},
        "required": list(_REQUIRED),
        "additionalProperties": False,
    },
}
"""JSON schema by which the engine rejects what `exemptions` rejects."""


class ConfigurationError(ValueError):
    """A policy configuration that cannot be meant; the message is for the user."""


class Level(StrEnum):
    """The engine's enforcement levels. Its `remediate` is not among them: no rule changes a resource."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Exemption:
    """`resource` is a name or a URN, `property` a path and `source` the id of a published rule, for example F3031: all
    with `*` for anything."""

    resource: str
    reason: str
    property: str = "*"
    source: str = "*"

    def covers(self, name: str, urn: str, finding: Finding) -> bool:
        named = _fits(self.resource, name) or _fits(self.resource, urn)
        return named and _fits(self.property, finding.property) and _fits(self.source, finding.source)


@dataclass(frozen=True, slots=True)
class RuleConfiguration:
    """Without `level` the rule keeps its own."""

    level: Level | None = None
    exemptions: tuple[Exemption, ...] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """`level` is that of every rule that has none of its own in `rules`."""

    level: Level | None = None
    rules: Mapping[str, RuleConfiguration] = field(default_factory=dict)

    def severity(self, rule: Rule) -> Severity | None:
        """What a violation of the rule does here; None where the rule is switched off."""
        level = self.of(rule).level or self.level
        if level is None:
            return rule.severity
        return None if level is Level.DISABLED else Severity(level.value)

    def of(self, rule: Rule) -> RuleConfiguration:
        return self.rules.get(rule.name, RuleConfiguration())


def read_configuration(path: Path, rules: Sequence[Rule]) -> Configuration:
    """Raises ConfigurationError, which names the file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}.") from None
    except RecursionError:
        raise ConfigurationError(f"{path}: is nested too deeply for a policy configuration.") from None
    except ValueError as error:
        raise ConfigurationError(f"{path}: is no JSON: {error}.") from None
    try:
        return configuration(document, rules)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def configuration(document: object, rules: Sequence[Rule]) -> Configuration:
    """Reads a configuration from a JSON document. Raises ConfigurationError."""
    if not isinstance(document, dict):
        raise ConfigurationError(f"a policy configuration is an object of rules, not {_kind(document)}.")
    known = {rule.name for rule in rules}
    for name in document.keys() - known - {ALL}:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`longrun check --json` lists them."
        raise ConfigurationError(f"there is no rule {name!r}; {hint}")
    given = {name: _rule_configuration(name, value) for name, value in document.items()}
    everything = given.pop(ALL, RuleConfiguration())
    if everything.exemptions:
        raise ConfigurationError(f"{ALL!r} takes a level only; an exception belongs to the rule that it is from.")
    return Configuration(everything.level, given)


def exemptions(rule: str, value: object) -> tuple[Exemption, ...]:
    """The exceptions from a rule, as a JSON document lists them. Raises ConfigurationError."""
    if not isinstance(value, list):
        raise ConfigurationError(f"{rule}: {EXCEPTIONS} is a list, not {_kind(value)}.")
    return tuple(_exemption(f"{rule}: {EXCEPTIONS}[{index}]", item) for index, item in enumerate(value))


def _rule_configuration(name: str, value: object) -> RuleConfiguration:
    if isinstance(value, str):
        return RuleConfiguration(_level(name, value))
    if not isinstance(value, dict):
        raise ConfigurationError(f"{name}: is a level or an object, not {_kind(value)}.")
    for key in value.keys() - {LEVEL, EXCEPTIONS}:
        raise ConfigurationError(f"{name}: has no {key!r}; it takes {LEVEL} and {EXCEPTIONS}.")
    level = _level(name, value[LEVEL]) if LEVEL in value else None
    return RuleConfiguration(level, exemptions(name, value.get(EXCEPTIONS, [])))


def _level(name: str, value: object) -> Level:
    if value not in list(Level):
        levels = ", ".join(Level)
        raise ConfigurationError(f"{name}: {json.dumps(value)} is no enforcement level; there are {levels}.")
    return Level(str(value))


def _exemption(place: str, item: object) -> Exemption:
    if not isinstance(item, dict):
        raise ConfigurationError(f"{place}: is an object with {' and '.join(_REQUIRED)}, not {_kind(item)}.")
    for key in item.keys() - set(_FIELDS):
        raise ConfigurationError(f"{place}: has no {key!r}; it takes {', '.join(_FIELDS)}.")
    for key in _FIELDS:
        value = item.get(key)
        if (key in _REQUIRED or key in item) and not (isinstance(value, str) and value.strip()):
            raise ConfigurationError(f"{place}: needs a {key}, a text.")
    return Exemption(**item)


def _fits(pattern: str, text: str) -> bool:
    """Only `*` means anything: the brackets of a property path stand for themselves."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")

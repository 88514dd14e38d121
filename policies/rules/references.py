"""Which resource a property names: by the engine's dependencies, else by the physical name that is written there.

Every answer has three values: True, False, and None where it is not known. Rules that report what is missing have to
treat None as present.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN, lookup

_OWN_NAMES: Final = ("name", "bucket")
_NAMES: Final = (*_OWN_NAMES, "id", "arn", "url")
_PREFIXES: Final = ("namePrefix", "bucketPrefix")
_AUTO_SUFFIX: Final = re.compile("-[0-9a-f]{7}(?:\\.fifo)?")
_SECRET_SUFFIX: Final = re.compile("-[A-Za-z0-9]{6}$")
"""What Secrets Manager adds to the name of a secret in its ARN."""

_SEPARATORS: Final = re.compile("[:/]")


@dataclass(frozen=True, slots=True)
class Companions:
    """The resources known to belong to another, and whether there may be one of which that is not known."""

    known: tuple[Resource, ...]
    uncertain: bool

    @property
    def missing(self) -> bool:
        return not self.known and not self.uncertain


def companions(stack: Stack, types: Iterable[str], prop: str, target: Resource) -> Companions:
    """The resources of these types whose top-level property `prop` names the target."""
    answers = [
        (resource, refers(resource, prop, lookup(resource.properties, prop), target))
        for resource_type in types
        for resource in stack.of_type(resource_type)
    ]
    known = tuple(resource for resource, answer in answers if answer)
    return Companions(known, uncertain=any(answer is None for _, answer in answers))


def referred(resource: Resource, prop: str, value: object, candidates: Sequence[Resource]) -> Resource | None:
    """The one candidate that the value names; None where none does or it is not known."""
    found = [candidate for candidate in candidates if refers(resource, prop, value, candidate)]
    return found[0] if len(found) == 1 else None


def refers(resource: Resource, prop: str, value: object, target: Resource) -> bool | None:
    """Whether a value (a name, ARN or URL), which stands in the resource's top-level property `prop`, names the
    target."""
    sources = resource.dependencies.get(prop, ())
    if target.urn in sources:
        return True
    answer = names(value, target) if isinstance(value, str) else None if value is UNKNOWN else False
    return False if answer is None and sources else answer


def names(value: str, target: Resource) -> bool | None:
    """Whether a text is the target's name, ARN or URL."""
    given = [lookup(target.properties, prop) for prop in _NAMES]
    if any(isinstance(known, str) and _same(value, known) for known in (*given, *target.identity.values())):
        return True
    # A name that is known decides: ARN and URL are made from it.
    if UNKNOWN in given and not any(isinstance(known, str) for known in given[: len(_OWN_NAMES)]):
        return None
    if any(known is not None for known in given):
        return False
    return any(_made_from(part, target) for part in _SEPARATORS.split(value))


def _same(value: str, known: str) -> bool:
    if value == known or value.endswith((f":{known}", f"/{known}")):
        return True
    return f":{known}:" in value or f"/{known}/" in value or _SECRET_SUFFIX.sub("", value).endswith(f":secret:{known}")


def _made_from(value: str, target: Resource) -> bool:
    """Whether Pulumi made the name from the logical one or from a prefix."""
    prefixes = [lookup(target.properties, prop) for prop in _PREFIXES]
    if any(isinstance(prefix, str) and value.startswith(prefix) for prefix in prefixes):
        return True
    return value.startswith(target.name) and _AUTO_SUFFIX.fullmatch(value, len(target.name)) is not None

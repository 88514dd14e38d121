"""Which resource of a stack a value names, looked up in one step however large the stack is.

The engine's dependencies are asked first, then the physical name that is written there. What is not known is
`uncertain`, and rules that report what is missing have to treat it as present.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN, lookup

NAMES: Final = ("name", "bucket", "agentRuntimeName", "id", "arn", "url")
TASK_DEFINITION: Final = "aws:ecs/taskDefinition:TaskDefinition"
_FAMILY: Final = {TASK_DEFINITION: "family"}
"""The property that names a resource of a type where that is none of NAMES."""

_PREFIXES: Final = ("namePrefix", "bucketPrefix")
_AUTO_SUFFIX: Final = re.compile(r"-[0-9a-f]{7}(\.fifo)?$")
_BUCKET: Final = re.compile(r"arn:[a-z-]+:s3:::(?P<name>[^/]+)")
"""After it come keys, which are not names of resources."""

_SECRET_SUFFIX: Final = re.compile(r"-(?:[A-Za-z0-9]{6}|\?{6}|\*)$")
"""Of a secret's ARN: Secrets Manager makes it up, so policies write `??????`."""

_RUNTIME_SUFFIX: Final = re.compile(r"-[A-Za-z0-9]{10}$")
"""Of the id of an AgentCore runtime, whose name has no hyphen."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a value names: a resource of the stack, none, or (`uncertain`) one that is not known."""

    resource: Resource | None
    uncertain: bool = False

    @property
    def missing(self) -> bool:
        return self.resource is None and not self.uncertain


@dataclass(frozen=True, slots=True)
class Index:
    """The resources of a stack by URN, by type, and by type and physical name. `vague` are the types with a resource
    whose name is not known, `prefixes` the (type, prefix, resource) of names that AWS completes."""

    by_urn: Mapping[str, Resource]
    by_type: Mapping[str, tuple[Resource, ...]]
    by_name: Mapping[tuple[str, str], Resource]
    vague: frozenset[str]
    prefixes: tuple[tuple[str, str, Resource], ...]
    lookups: frozenset[str]

    @classmethod
    def of(cls, stack: Stack) -> "Index":
        by_type: dict[str, list[Resource]] = defaultdict(list)
        by_name: dict[tuple[str, str], Resource] = {}
        vague: set[str] = set()
        prefixes: list[tuple[str, str, Resource]] = []
        for resource in stack.resources:
            by_type[resource.type].append(resource)
            own = (*NAMES, _FAMILY.get(resource.type, NAMES[0]))
            given = [lookup(resource.properties, prop) for prop in own]
            names = [name for name in given if isinstance(name, str)]
            by_name.update({(resource.type, name): resource for name in (*names, *resource.identity.values())})
            if UNKNOWN in given:
                vague.add(resource.type)
            elif not names:
                by_name[(resource.type, f"{resource.name}-")] = resource
            for prefix in (lookup(resource.properties, prop) for prop in _PREFIXES):
                if isinstance(prefix, str) and not names:
                    prefixes.append((resource.type, prefix, resource))
                elif prefix is UNKNOWN:
                    vague.add(resource.type)
        return cls(
            by_urn={resource.urn: resource for resource in stack.resources},
            by_type={kind: tuple(resources) for kind, resources in by_type.items()},
            by_name=by_name,
            vague=frozenset(vague),
            prefixes=tuple(prefixes),
            lookups=stack.lookups,
        )

    def of_types(self, *types: str) -> Iterator[Resource]:
        for kind in types:
            yield from self.by_type.get(kind, ())

    def target(self, resource: Resource, prop: str, types: Collection[str]) -> Reference:
        """What the resource's top-level property `prop` names."""
        return self.named(resource, prop, lookup(resource.properties, prop), types)

    def named(self, resource: Resource, prop: str, value: object, types: Collection[str]) -> Reference:
        """What a value names that stands, perhaps deep, in the resource's top-level property `prop`."""
        made_from = self.sources(resource, prop, types)
        if len(made_from) == 1:
            return Reference(made_from[0])
        if isinstance(value, str):
            found = self.find(value, types)
            # A name that is known only after the deployment, or that is read, may be any.
            is_elsewhere = bool(made_from) or self.is_made_elsewhere(resource, prop)
            return found if found.resource or not is_elsewhere else Reference(None, uncertain=True)
        return Reference(None, uncertain=value is UNKNOWN)

    def sources(self, resource: Resource, prop: str, types: Collection[str]) -> list[Resource]:
        """Returns the resources of these types that the property is made from, as the engine reports them."""
        known = (self.by_urn.get(urn) for urn in resource.dependencies.get(prop, ()))
        return [source for source in known if source is not None and source.type in types]

    def is_made_from(self, resource: Resource, prop: str, name: str) -> bool:
        """Whether a name or ARN is that of a resource of which the engine reports that the property is made from it."""
        sources = (self.by_urn.get(urn) for urn in resource.dependencies.get(prop, ()))
        return any(self.find(name, (source.type,)).resource is source for source in sources if source is not None)

    def is_made_elsewhere(self, resource: Resource, prop: str) -> bool:
        """Whether the property is made from a resource that the program only looks up."""
        return any(urn in self.lookups for urn in resource.dependencies.get(prop, ()))

    def find(self, text: str, types: Collection[str]) -> Reference:
        """What a name, ARN or URL names by its text alone."""
        for kind in types:
            for name in _names_in(text):
                found = self.by_name.get((kind, name)) or self.by_name.get((kind, _AUTO_SUFFIX.sub("-", name)))
                if found is not None:
                    return Reference(found)
        for kind, prefix, resource in self.prefixes:
            if kind in types and any(name.startswith(prefix) for name in _names_in(text)):
                return Reference(resource)
        return Reference(None, uncertain=any(kind in self.vague for kind in types))


def is_vague(resource: Resource) -> bool:
    """Returns whether its name is not known yet."""
    return UNKNOWN in [lookup(resource.properties, prop) for prop in (*NAMES, *_PREFIXES)]


def names_of(resource: Resource) -> frozenset[str] | None:
    """Returns the physical names in the properties; None where one of them is not known or none is set."""
    given = [lookup(resource.properties, prop) for prop in NAMES]
    names = frozenset(name for name in given if isinstance(name, str))
    return None if UNKNOWN in given or not names else names


def _names_in(text: str) -> Iterator[str]:
    """What in a name, ARN or URL may be a name, the whole first."""
    yield text
    if (bucket := _BUCKET.match(text)) is not None:
        yield bucket["name"]
        return
    for part in text.split(":"):
        yield part
        yield _SECRET_SUFFIX.sub("", part)
        if "/" in part:
            pieces = part.split("/")
            yield from pieces
            yield from (_RUNTIME_SUFFIX.sub("", piece) for piece in pieces)
            yield "/".join(pieces[1:])
        yield part.partition(".")[0].removeprefix("//")

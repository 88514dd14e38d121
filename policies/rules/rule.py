"""The form of a rule: what it is called, what it is for, and a pure function from resources to findings.

It knows neither the engine nor the command line: `policies.pack` runs it under the engine, `policies.check` without.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from policies.rules.assets import Asset
from policies.rules.finding import Finding


class Severity(StrEnum):
    """What a violation does: MANDATORY stops the deployment, ADVISORY is only shown."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"


@dataclass(frozen=True, slots=True)
class Resource:
    """A registered resource. `properties` is plain data with UNKNOWN in it (see values.plain), names as on the wire
    (camelCase); `dependencies` maps a property to the URNs it is made from, empty where the caller does not know them;
    `assets` are the properties that are assets or archives, as far as this machine has them;
    `identity` are an id, ARN, name or URL that the provider has made up, by which others may name the resource;
    `provider` is the URN of the provider that creates it, empty for the default one or where the caller does not know
    it."""

    type: str
    name: str
    urn: str
    properties: Mapping[str, object]
    parent: str | None = None
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    assets: Mapping[str, Asset] = field(default_factory=dict)
    identity: Mapping[str, str] = field(default_factory=dict)
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Stack:
    """All resources of a deployment, and its AWS region where that is known. `lookups` are the URNs of resources that
    the program only reads, where these are not among the others."""

    resources: tuple[Resource, ...]
    region: str | None = None
    lookups: frozenset[str] = frozenset()

    def of_type(self, resource_type: str) -> tuple[Resource, ...]:
        return tuple(resource for resource in self.resources if resource.type == resource_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`name` is service-resource-demand, `description` the demand in one sentence, `remediation` how to satisfy it."""

    name: str
    description: str
    remediation: str
    severity: Severity = Severity.MANDATORY


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRule(Rule):
    """Judges each resource of `types` by itself, so the engine can reject it before it is created."""

    types: frozenset[str]
    check: Callable[[Resource], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule(Rule):
    """Judges resources together. Each finding comes with the resource it is about."""

    check: Callable[[Stack], Iterable[tuple[Resource, Finding]]]

"""The region of each resource: its own, that of the provider that creates it, or the stack's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from policies.rules.aws_limits.partitions import STANDARD, partition_of
from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN, Unknown, lookup, text

PROVIDER: Final = "pulumi:providers:aws"
EDGE_REGION: Final = "us-east-1"
"""From here CloudFront, and other services with edge locations, take certificates, web ACLs and functions."""

_DISTRIBUTION: Final = "aws:cloudfront/"
_CERTIFICATES: Final = ("aws:acm/certificate:Certificate", "aws:acm/certificateValidation:CertificateValidation")
_EDGE_SERVICES: Final = (_DISTRIBUTION, "aws:ecrpublic/", "aws:shield/", "aws:waf/", "aws:cur/", "aws:costexplorer/")
"""Services whose API is in us-east-1 only."""

_GLOBAL_SERVICES: Final = ("aws:iam/", "aws:route53/", "aws:organizations/", "aws:budgets/")
"""Services without regions: it does not matter in which one their resources are created."""

_FIREWALL: Final = "aws:wafv2/"
_EDGE_SCOPE: Final = "CLOUDFRONT"

Region = str | Unknown | None


@dataclass(frozen=True, slots=True)
class Homes:
    """`region` is the stack's, `providers` the region of each explicit provider by URN, and `guests` the URNs of the
    resources that are in us-east-1 because CloudFront takes them from there."""

    region: str
    providers: Mapping[str, Region]
    guests: frozenset[str]
    shared: bool
    """Whether one of the guests is of a kind that could be anywhere, so that others may name it with its region."""

    @classmethod
    def of(cls, stack: Stack, region: str) -> "Homes":
        providers = {each.urn: _given(each) for each in stack.of_type(PROVIDER)}
        placed = cls(region, providers, frozenset(), shared=False)
        distributes = any(each.type.startswith(_DISTRIBUTION) for each in stack.resources)
        away = [
            each
            for each in stack.resources
            if each.type != PROVIDER and region != EDGE_REGION and placed.of_resource(each) in (EDGE_REGION, UNKNOWN)
        ]
        guests = [each for each in away if distributes or _is_for_the_edge(each)]
        shared = any(not _is_for_the_edge(each) for each in guests)
        return cls(region, providers, frozenset(each.urn for each in guests), shared)

    def of_resource(self, resource: Resource) -> Region:
        """Where a resource is created; UNKNOWN where that is not known."""
        own = _given(resource)
        return own if own is not None else self.providers.get(resource.provider) or self.region

    def is_at_home(self, resource: Resource, stack: Stack) -> bool:
        """Whether a resource, or a provider, names no region but the stack's, or us-east-1 for good reason."""
        if _given(resource) in (None, UNKNOWN, self.region):
            return True
        if resource.type != PROVIDER:
            return resource.urn in self.guests or resource.type.startswith(_GLOBAL_SERVICES)
        used = [each for each in stack.resources if each.provider == resource.urn]
        if used and _are_apart(used, stack):
            return True
        if self.providers[resource.urn] != EDGE_REGION:
            return False
        if not used:
            return bool(self.guests) or any(_is_for_the_edge(each) for each in stack.resources)
        return all(each.urn in self.guests or each.type.startswith(_GLOBAL_SERVICES) for each in used)

    def regions_of(self, resource: Resource) -> tuple[str, ...]:
        """The regions that what stands in a resource may name, its own first; none where that is not known."""
        own = self.of_resource(resource)
        if not isinstance(own, str):
            return ()
        edge = partition_of(own) == STANDARD and (self.shared or _is_for_the_edge(resource))
        return (own, self.region, EDGE_REGION) if edge else (own, self.region)


def _given(resource: Resource) -> Region:
    value = lookup(resource.properties, "region")
    return value if value is UNKNOWN or (isinstance(value, str) and value) else None


def _are_apart(resources: Sequence[Resource], stack: Stack) -> bool:
    """Whether resources are made from no others of a region, and no others from them: a region of its own, by
    intention. Only where the engine reports what properties are made from."""
    own = {each.urn for each in resources}
    free = {each.urn for each in stack.resources if not each.type.startswith("aws:") or _is_global(each)}
    if not all(each.dependencies for each in resources):
        return False
    for each in stack.resources:
        sources = {urn for urns in each.dependencies.values() for urn in urns} - free
        if sources and each.urn not in free and (bool(sources - own) if each.urn in own else bool(sources & own)):
            return False
    return True


def _is_global(resource: Resource) -> bool:
    return resource.type.startswith(_GLOBAL_SERVICES)


def _is_for_the_edge(resource: Resource) -> bool:
    """Whether it is of a kind that CloudFront takes from us-east-1, or may be."""
    if resource.type.startswith(_FIREWALL):
        scope = lookup(resource.properties, "scope")
        return scope in (_EDGE_SCOPE, UNKNOWN, None)
    return resource.type in _CERTIFICATES or resource.type.startswith(_EDGE_SERVICES)


def stack_region(stack: Stack) -> str | None:
    """The region given with the stack, or that of its AWS provider, the engine's default one before others."""
    if stack.region is not None:
        return stack.region
    providers = sorted(
        stack.of_type(PROVIDER), key=lambda provider: (not provider.name.startswith("default"), provider.urn)
    )
    regions = [text(provider.properties, "region") for provider in providers]
    return regions[0] if regions else None

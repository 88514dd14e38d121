"""The rules under the engine: each becomes a policy of pulumi_policy. The only module that knows both."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from pulumi import FileArchive, FileAsset
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policies.configuration import EXCEPTIONS, EXCEPTIONS_SCHEMA, Exemption, exemptions
from policies.rules.rule import Resource, ResourceRule, Severity, Stack, StackRule
from policies.rules.stack.places.homes import PROVIDER
from policies.rules.values import plain, text

LEVELS = {Severity.MANDATORY: EnforcementLevel.MANDATORY, Severity.ADVISORY: EnforcementLevel.ADVISORY}


def policy(rule: ResourceRule | StackRule) -> Policy:
    """Its level can be configured, as the engine lets every policy's, and exceptions from it."""
    schema = PolicyConfigSchema({EXCEPTIONS: dict(EXCEPTIONS_SCHEMA)})
    if isinstance(rule, StackRule):
        return StackValidationPolicy(
            rule.name,
            rule.description,
            _stack_validation(rule),
            LEVELS[rule.severity],
            schema,
            remediation_steps=rule.remediation,
        )
    return ResourceValidationPolicy(
        rule.name,
        rule.description,
        _resource_validation(rule),
        LEVELS[rule.severity],
        schema,
        remediation_steps=rule.remediation,
    )


def _resource_validation(rule: ResourceRule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type not in rule.types:
            return
        resource = Resource(args.resource_type, args.name, args.urn, _properties(args.props), files=_files(args.props))
        suppressed = _exemptions(rule, args.get_config())
        for finding in rule.check(resource):
            if not any(each.covers(resource.name, resource.urn, finding) for each in suppressed):
                report(finding.message(resource.type, resource.name), None)

    return validate


def _stack_validation(rule: StackRule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = Stack((*map(_resource, args.resources), *_providers(args.resources)), _region(args.resources))
        suppressed = _exemptions(rule, args.get_config())
        for resource, finding in rule.check(stack):
            if not any(each.covers(resource.name, resource.urn, finding) for each in suppressed):
                report(finding.message(resource.type, resource.name), resource.urn)

    return validate


def _exemptions(rule: ResourceRule | StackRule, config: Mapping[str, object]) -> tuple[Exemption, ...]:
    return exemptions(rule.name, config.get(EXCEPTIONS, []))


def _region(resources: Sequence[PolicyResource]) -> str | None:
    """The region of the engine's own AWS provider, the one that aws:region configures."""
    for resource in resources:
        provider = resource.provider
        if provider is not None and provider.resource_type == PROVIDER and provider.name.startswith("default"):
            return text(_properties(provider.props), "region")
    return None


def _resource(resource: PolicyResource) -> Resource:
    return Resource(
        type=resource.resource_type,
        name=resource.name,
        urn=resource.urn,
        properties=_properties(resource.props),
        parent=resource.parent.urn if resource.parent else None,
        dependencies={name: _urns(others) for name, others in resource.property_dependencies.items()},
        files=_files(resource.props),
        provider=resource.provider.urn if resource.provider else "",
    )


def _providers(resources: Sequence[PolicyResource]) -> tuple[Resource, ...]:
    """The AWS providers of the resources that are not among them: they know the region of what they create."""
    known = {resource.urn for resource in resources}
    used = {each.provider.urn: each.provider for each in resources if each.provider is not None}
    return tuple(
        Resource(found.resource_type, found.name, urn, _properties(found.props))
        for urn, found in used.items()
        if urn not in known and found.resource_type == PROVIDER
    )


def _urns(resources: Sequence[PolicyResource]) -> tuple[str, ...]:
    return tuple(resource.urn for resource in resources)


def _properties(props: Mapping[str, object]) -> dict[str, object]:
    values = plain(props, unreadable=(UnknownValueError,))
    return values if isinstance(values, dict) else {}


def _files(props: Mapping[str, object]) -> dict[str, str]:
    """The SDK has made objects of assets and archives; those that stand on this machine's disk know their path."""
    paths: dict[str, str] = {}
    for name in props:
        with suppress(UnknownValueError):
            value = props[name]
            if isinstance(value, FileArchive | FileAsset):
                paths[name] = value.path
    return paths

"""The rules without the engine: over the resources that a program registers, for `longrun check` and for tests."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NotRequired, TypedDict

from policies.catalogue import HAND_WRITTEN, PUBLISHED, RULES
from policies.configuration import Configuration, Exemption
from policies.local_stack import is_local, local_exceptions, with_local_exceptions
from policies.rules.assets import Locate, assets
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity, Stack, StackRule
from policies.rules.values import plain


class Registration(TypedDict):
    """A resource as the program registered it; property names as on the wire (camelCase)."""

    type: str
    name: str
    urn: str
    parent: str | None
    properties: Mapping[str, object]
    dependencies: NotRequired[Mapping[str, Sequence[str]]]
    """Property to the URNs it is made from; without it references are followed by name only."""
    provider: NotRequired[str]
    """The reference of its provider, URN::id; empty for the default one."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule at one property of one resource; `message` says what is allowed, why and how to fix it."""

    rule: str
    severity: Severity
    urn: str
    property: str
    message: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A violation that the policy configuration lets pass."""

    violation: Violation
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Violations stand mandatory ones first, else in the order of the rules and of the resources."""

    violations: list[Violation]
    suppressed: list[Suppressed]
    unused: list[tuple[str, Exemption]]
    """Exceptions, each with its rule, that excuse nothing: what they were written for is gone, or misspelt."""


UNGUARDED: Final = (
    "aws:cloudwatch/dashboard:Dashboard",
    "aws:cloudwatch/eventBus:EventBus",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ecs/cluster:Cluster",
    "aws:lambda/eventSourceMapping:EventSourceMapping",
    "aws:scheduler/scheduleGroup:ScheduleGroup",
)
"""Types that the program uses and that no rule of the project judges by themselves."""


def prepare(region: str | None) -> None:
    """Begins in the background what takes longest, to build AWS's engine. A stack of this region with no other types
    than `prepared_types` is then judged in a tenth of the time."""
    PUBLISHED.prepare(prepared_types(), region)


def prepared_types() -> frozenset[str]:
    guarded = (rule.types for rule in HAND_WRITTEN if isinstance(rule, ResourceRule))
    return frozenset().union(UNGUARDED, *guarded)


def evaluate(
    resources: Sequence[Registration],
    region: str | None = None,
    rules: Sequence[ResourceRule | StackRule] = RULES,
) -> list[Violation]:
    """The violations of a program where nothing is configured; see `judge`."""
    return judge(resources, region, rules=rules).violations


def judge(
    resources: Sequence[Registration],
    region: str | None = None,
    configuration: Configuration | None = None,
    rules: Sequence[ResourceRule | StackRule] = RULES,
    folder: Path | None = None,
    endpoints: str | None = None,
    lookups: frozenset[str] = frozenset(),
) -> Report:
    """Judges the resources. `region` is the stack's `aws:region`, by default that of the registered AWS provider;
    without either, the alignment of regions is not judged. `folder` is where the program ran: without it, packages that
    it names by a relative path are not judged. `endpoints` is the stack's `aws:endpoints`: where they are those of the
    sandbox, its own exceptions hold too. `lookups` are the URNs of resources that the program only reads."""
    configured = configuration or Configuration()
    local = is_local(endpoints)
    if local:
        configured = with_local_exceptions(configured)
    stack = replace(stack_of(resources, region, folder), lookups=lookups)
    report = Report([], [], [])
    for rule in rules:
        severity = configured.severity(rule)
        if severity is not None:
            _judge_rule(rule, severity, configured.of(rule).exemptions, stack, report)
    if local:
        report.unused[:] = [each for each in report.unused if each[1] not in local_exceptions().get(each[0], ())]
    report.violations.sort(key=lambda violation: violation.severity is not Severity.MANDATORY)
    return report


def stack_of(resources: Sequence[Registration], region: str | None = None, folder: Path | None = None) -> Stack:
    """What the rules are given."""
    locate = _in_folder(folder)
    return Stack(tuple(resource_of(registration, locate) for registration in resources), region)


def findings(rule: ResourceRule | StackRule, stack: Stack) -> Iterator[tuple[Resource, Finding]]:
    """What one rule finds, each with the resource it is about."""
    if isinstance(rule, StackRule):
        yield from rule.check(stack)
        return
    for resource in stack.resources:
        if resource.type in rule.types:
            yield from ((resource, finding) for finding in rule.check(resource))


def _judge_rule(
    rule: ResourceRule | StackRule,
    severity: Severity,
    exemptions: Sequence[Exemption],
    stack: Stack,
    report: Report,
) -> None:
    used: set[Exemption] = set()
    for resource, finding in findings(rule, stack):
        message = finding.message(resource.type, resource.name)
        violation = Violation(rule.name, severity, resource.urn, finding.property, message)
        covering = [each for each in exemptions if each.covers(resource.name, resource.urn, finding)]
        used.update(covering)
        if covering:
            report.suppressed.append(Suppressed(violation, covering[0].reason))
        else:
            report.violations.append(violation)
    report.unused.extend((rule.name, each) for each in exemptions if each not in used)


def resource_of(registration: Registration, locate: Locate) -> Resource:
    """What the rules are given of a resource: plain data, and its assets where `locate` finds them."""
    return Resource(
        type=registration["type"],
        name=registration["name"],
        urn=registration["urn"],
        properties={name: plain(value) for name, value in registration["properties"].items()},
        parent=registration["parent"],
        dependencies={name: tuple(urns) for name, urns in registration.get("dependencies", {}).items()},
        assets=assets(registration["properties"], locate),
        provider=registration.get("provider", "").rpartition("::")[0],
    )


def _in_folder(folder: Path | None) -> Locate:
    """A relative path is read from the folder that the program runs in; without one it is not known."""

    def locate(path: str) -> str | None:
        if os.path.isabs(path):  # noqa: PTH117  keeps a `/` at the end, which follows a link
            return path
        return None if folder is None else os.path.normpath(folder / path)

    return locate

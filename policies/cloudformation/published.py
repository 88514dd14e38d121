"""AWS's published knowledge as rules of the pack: its validation engine and cdk-preflight over the translated stack."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from threading import Thread
from typing import Any, Final

from policies.cloudformation.completeness import Again, Completeness
from policies.cloudformation.engine import Diagnostic, UnavailableError
from policies.cloudformation.filters import FORMATS, Accepted, of_engine
from policies.cloudformation.findings import ALL, rule_finding, schema_finding, value_at
from policies.cloudformation.judge import Judge, Judgement
from policies.cloudformation.mapping import resource_map
from policies.cloudformation.translate import Translation, translate
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity, Stack, StackRule
from policies.rules.stack.places.homes import Homes

Found = tuple[Resource, Finding]
Hand = Sequence[ResourceRule | StackRule]


class Source(Enum):
    """Under which rule a finding is reported, the one that says most about a property first."""

    PREFLIGHT = "aws-preflight"
    SCHEMA = "aws-schema"
    ADVICE = "aws-advice"


TEXTS: Final[Mapping[Source, tuple[str, str]]] = {
    Source.PREFLIGHT: (
        "Nothing that a rule of cdk-preflight rejects: what AWS's services reject by rules that no schema contains.",
        "The message names the rule; its page and its evidence are in cdk-preflight's documentation.",
    ),
    Source.SCHEMA: (
        "Nothing that AWS's own schemas and validation engine reject, for every type that has one in CloudFormation.",
        "The message names the finding of cloudformation-validate and what the schema allows.",
    ),
    Source.ADVICE: (
        "Values that are in AWS's published lists and limits. The lists may be older than what AWS accepts.",
        "Compare with the service's documentation; where the list is old, add an exception.",
    ),
}


@dataclass(frozen=True, slots=True)
class _Entry:
    source: Source
    resource: Resource
    finding: Finding


class Published:
    """Judges a stack once for the rules that share it. Where one of the project's own rules has found something at a
    property, what is published about that property is not reported again."""

    def __init__(self, hand_written: Hand, judge: Judge | None = None) -> None:
        self._hand_written = hand_written
        self._judge = judge or Judge()
        self._last: tuple[Stack, tuple[_Entry, ...]] | None = None
        self._preparing: Thread | None = None

    def prepare(self, types: Iterable[str], region: str | None) -> None:
        """Builds the engine for Pulumi's types in the background, half a second that the first stack need not wait for.
        A stack with other types, or in another region, makes it build again."""
        known = resource_map().types
        wanted = {known[token].type for token in types if token in known}
        self._preparing = Thread(target=self._prepare, args=(wanted, region))
        self._preparing.start()

    def _prepare(self, types: Collection[str], region: str | None) -> None:
        # The judgement of the whole stack reports what is missing.
        with suppress(UnavailableError):
            self._judge.prepare(types, region)

    def rules(self) -> tuple[StackRule, ...]:
        return tuple(
            StackRule(
                name=source.value,
                description=description,
                remediation=remediation,
                severity=Severity.ADVISORY if source is Source.ADVICE else Severity.MANDATORY,
                check=partial(self._check, source),
            )
            for source, (description, remediation) in TEXTS.items()
        )

    def _check(self, source: Source, stack: Stack) -> Iterator[Found]:
        if self._last is None or self._last[0] != stack:
            self._last = (stack, tuple(self._entries(stack)))
        yield from ((entry.resource, entry.finding) for entry in self._last[1] if entry.source is source)

    def _entries(self, stack: Stack) -> Iterator[_Entry]:
        if self._preparing:
            self._preparing.join()
        translation = translate(stack.resources)
        if not translation.template["Resources"]:
            return
        try:
            judgement = self._judge.judge(translation.template, stack.region)
        except UnavailableError as error:
            for source in (Source.PREFLIGHT, Source.SCHEMA):
                yield _Entry(source, stack.resources[0], unavailable(error))
            return
        for problem in judgement.problems:
            yield _Entry(Source.PREFLIGHT, stack.resources[0], unavailable(problem))
        accepted = list(_accepted(translation, judgement, stack, partial(self._again, stack.region)))
        reported = self._reported(stack) if accepted else set()
        for entry in sorted(accepted, key=lambda entry: list(Source).index(entry.source)):
            place = (entry.resource.urn, entry.finding.property)
            if not any(place[0] == urn and _overlap(place[1], prop) for urn, prop in reported):
                reported.add(place)
                yield entry

    def _again(self, region: str | None, template: Mapping[str, Any]) -> Sequence[Diagnostic]:
        """What is found in another template by the same rules, which have judged before."""
        return self._judge.judge(template, region).diagnostics if template["Resources"] else ()

    def _reported(self, stack: Stack) -> set[tuple[str, str]]:
        """Where the project's own rules have found something."""
        places: set[tuple[str, str]] = set()
        for rule in self._hand_written:
            if isinstance(rule, StackRule):
                places.update((resource.urn, finding.property) for resource, finding in rule.check(stack))
                continue
            for resource in stack.resources:
                if resource.type in rule.types:
                    places.update((resource.urn, finding.property) for finding in rule.check(resource))
        return places


def unavailable(error: UnavailableError) -> Finding:
    return Finding(
        property="policies",
        value=f"without AWS's published rules: {error.missing}",
        allowed="the releases that requirements/ names",
        why="What AWS's schemas and rules reject would only show in the deployment",
        fix=error.remedy,
    )


def _accepted(translation: Translation, judgement: Judgement, stack: Stack, again: Again) -> Iterator[_Entry]:
    taken = {found: how for found in judgement.diagnostics if (how := _how(found, translation, judgement)) is not None}
    completeness = Completeness(translation, taken, again)
    homes = Homes.of(stack, stack.region or "")
    for found, accepted in taken.items():
        rule = judgement.rules.get(found.rule)
        resource, prop = translation.origin(found.logical_id, found.path)
        if _is_made_elsewhere(resource, prop, found.rule) or not completeness.holds(found):
            continue
        if rule and rule.is_regional and homes.of_resource(resource) != homes.region:
            continue
        value = value_at(translation.template, found.logical_id, found.path)
        kind = translation.template["Resources"][found.logical_id]["Type"]
        finding = rule_finding(found, rule, prop, value) if rule else schema_finding(found, kind, prop, value)
        advice = accepted.severity is Severity.ADVISORY
        yield _Entry(Source.ADVICE if advice else Source.PREFLIGHT if rule else Source.SCHEMA, resource, finding)


def _how(found: Diagnostic, translation: Translation, judgement: Judgement) -> Accepted | None:
    judged = translation.template["Resources"].get(found.logical_id)
    if judged is None:
        return None
    return judgement.accepted.get(found.rule) if found.rule in judgement.rules else of_engine(found, judged["Type"])


def _is_made_elsewhere(resource: Resource, prop: str, rule: str) -> bool:
    """Whether the value comes from another resource: before a deployment it is at best a likeness of what will be."""
    name = prop.partition(".")[0].partition("[")[0]
    if not resource.dependencies.get(name):
        return False
    given = resource.properties.get(name)
    return rule in FORMATS or (isinstance(given, str) and not given.lstrip().startswith(("{", "[")))


def _overlap(one: str, other: str) -> bool:
    """Returns whether two paths are the same, or one lies within the other. An empty path is the whole resource."""
    if ALL in (one, other):
        return one == other
    return one == other or one.startswith((f"{other}.", f"{other}[")) or other.startswith((f"{one}.", f"{one}["))

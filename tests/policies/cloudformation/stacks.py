"""Stacks of a few resources, and what the published rules find in them."""

from collections.abc import Mapping, Sequence
from functools import cache

from policies.cloudformation.judge import Judge
from policies.cloudformation.mapping import resource_map
from policies.cloudformation.published import Hand, Published
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Stack
from policies.rules.values import plain

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/worker"
ARCHIVE = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", "path": "package.zip"}
FUNCTION: Mapping[str, object] = {
    "code": ARCHIVE,
    "handler": "worker.handler",
    "runtime": "python3.13",
    "role": ROLE,
}


def resource(
    kind: str,
    properties: Mapping[str, object],
    name: str = "it",
    dependencies: Mapping[str, Sequence[str]] | None = None,
) -> Resource:
    return Resource(
        type=kind,
        name=name,
        urn=f"urn:pulumi:dev::longrun::{kind}::{name}",
        properties={key: plain(value) for key, value in properties.items()},
        dependencies={key: tuple(urns) for key, urns in (dependencies or {}).items()},
    )


def function(name: str = "it", **changes: object) -> Resource:
    """A function that nothing published is against, changed."""
    return resource("aws:lambda/function:Function", {**FUNCTION, **changes}, name)


@cache
def _judge() -> Judge:
    """One for all tests of a process: an engine takes half a second to build."""
    return Judge()


def prepare(kinds: Sequence[str], judge: Judge | None = None, region: str | None = REGION) -> Judge:
    """Builds the engine for these Pulumi types, in the judge of all tests if no other is given."""
    types = resource_map().types
    judge = judge or _judge()
    judge.prepare({types[kind].type for kind in kinds if kind in types}, region)
    return judge


def findings_of(resources: Sequence[Resource], judge: Judge) -> list[tuple[Finding, Resource]]:
    """What the published rules find where nothing is known of the region."""
    stack = Stack(tuple(resources))
    return [(finding, of) for rule in Published((), judge).rules() for of, finding in rule.check(stack)]


def findings(
    resources: Sequence[Resource], hand_written: Hand = (), region: str | None = REGION
) -> dict[str, list[Finding]]:
    """What each of the published rules finds; those that find nothing are left out."""
    published = Published(hand_written, _judge())
    stack = Stack(tuple(resources), region)
    found = {rule.name: [finding for _, finding in rule.check(stack)] for rule in published.rules()}
    return {name: of_rule for name, of_rule in found.items() if of_rule}


def places(resources: Sequence[Resource], hand_written: Hand = ()) -> list[tuple[str, str, str]]:
    """The findings as rule, source and property."""
    return [
        (rule, finding.source, finding.property)
        for rule, found in findings(resources, hand_written).items()
        for finding in found
    ]

"""Two resources of a kind cannot bear one name."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from policies.rules.agentcore.runtime import RUNTIME
from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import POLICY, ROLE
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.lambda_function.log_group import LOG_GROUP
from policies.rules.messaging.resources.events import BUS
from policies.rules.messaging.resources.queue import QUEUE
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.s3.bucket import BUCKETS
from policies.rules.stack.places.homes import PROVIDER
from policies.rules.stack.references.kinds import SECRET, TOPIC
from policies.rules.step_functions.states.machine import MACHINE
from policies.rules.values import UNKNOWN, text

_NAMES: Final = {
    **dict.fromkeys((TABLE, ROLE, POLICY, FUNCTION, LOG_GROUP, BUS, QUEUE, SECRET, TOPIC, MACHINE), "name"),
    **dict.fromkeys(BUCKETS, "bucket"),
    RUNTIME: "agentRuntimeName",
}


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    if len(stack.of_type(PROVIDER)) > 1:
        return  # Other accounts and regions may have resources of the same name.
    bearers: dict[tuple[str, str, object], list[Resource]] = defaultdict(list)
    for resource in stack.resources:
        prop = _NAMES.get(resource.type)
        name = None if prop is None else text(resource.properties, prop)
        region = resource.properties.get("region")
        if name and region is not UNKNOWN:
            # A bucket is one whatever type of the provider makes it; other regions have other resources.
            kind = BUCKETS[0] if resource.type in BUCKETS else resource.type
            bearers[kind, name, region].append(resource)
    for (_, name, _), resources in bearers.items():
        for resource in resources[1:]:
            yield (
                resource,
                Finding(
                    property=_NAMES[resource.type],
                    value=f"{name}, as of '{resources[0].name}'",
                    allowed="a name that no other resource of the kind has",
                    why="AWS rejects the second one, which exists already, or both manage the same resource in turn",
                    fix="Leave the name out, so that Pulumi makes one, or put the stack's name into it",
                ),
            )


RULE = StackRule(
    name="stack-names-unique",
    description="No two resources of a kind have the same name.",
    remediation="Let Pulumi make names, or build them from the stack and the logical name.",
    check=_check,
)

"""What properties refer to is in the stack: a permission's function, a policy's role, a target's rule."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.agentcore.runtime import RUNTIME
from policies.rules.ecs.task import CONTAINERS, TASK, containers
from policies.rules.iam.statements.permissions import ATTACHMENT
from policies.rules.iam.statements.policy import IDENTITY, ROLE, ROLE_POLICY
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import EVENT_INVOKE_CONFIG, FUNCTION, PERMISSION
from policies.rules.messaging.resources.events import RULE_TYPE
from policies.rules.messaging.resources.queue import MAPPING, QUEUE_POLICY, TARGET
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.s3.bucket import ENCRYPTIONS, LIFECYCLES, POLICY, PUBLIC_ACCESS_BLOCK, VERSIONINGS
from policies.rules.stack.places.homes import stack_region
from policies.rules.stack.references.kinds import BUCKET_KIND, FUNCTION_KIND, QUEUE_KIND, Kind, mentions
from policies.rules.stack.references.missing import Missing, missing_at, own
from policies.rules.stack.references.variables import HOSTS
from policies.rules.step_functions.states.machine import MACHINE
from policies.rules.values import text, texts

_ROLE_KIND: Final = Kind("role", (ROLE,), "iam", ())
_RULE_KIND: Final = Kind("event rule", (RULE_TYPE,), "events", ())
_PROPERTIES: Final[Mapping[str, tuple[tuple[str, Kind], ...]]] = {
    PERMISSION: (("function", FUNCTION_KIND),),
    EVENT_INVOKE_CONFIG: (("functionName", FUNCTION_KIND),),
    MAPPING: (("functionName", FUNCTION_KIND),),
    "aws:lambda/functionUrl:FunctionUrl": (("functionName", FUNCTION_KIND),),
    "aws:lambda/alias:Alias": (("functionName", FUNCTION_KIND),),
    FUNCTION: (("role", _ROLE_KIND), ("s3Bucket", BUCKET_KIND)),
    RUNTIME: (("roleArn", _ROLE_KIND),),
    MACHINE: (("roleArn", _ROLE_KIND),),
    TARGET: (("rule", _RULE_KIND), ("roleArn", _ROLE_KIND)),
    ROLE_POLICY: (("role", _ROLE_KIND),),
    ATTACHMENT: (("role", _ROLE_KIND),),
    QUEUE_POLICY: (("queueUrl", QUEUE_KIND),),
    **dict.fromkeys((POLICY, PUBLIC_ACCESS_BLOCK, *ENCRYPTIONS, *LIFECYCLES, *VERSIONINGS), (("bucket", BUCKET_KIND),)),
    "aws:s3/bucketObjectv2:BucketObjectv2": (("bucket", BUCKET_KIND),),
}
"""Properties that name one resource, by type."""

_ELSEWHERE: Final = frozenset({"environment", "environmentVariables", CONTAINERS, "definition"})
"""Properties of hosts and state machines with rules of their own."""

_WHY: Final = "AWS rejects the deployment with ResourceNotFoundException, or the intended resource is never reached"


def find(stack: Stack) -> Iterator[Missing]:
    """What properties name and the stack does not hold."""
    index, region = Index.of(stack), stack_region(stack)
    for resource in stack.resources:
        named = dict(_PROPERTIES.get(resource.type, ()))
        for prop, kind in named.items():
            value = text(resource.properties, prop)
            if value and _is_here(value, region) and index.target(resource, prop, kind.types).missing:
                yield Missing(resource, prop, kind, value, _WHY)
        for path, value in _others(resource, named):
            for mention in mentions(value):
                yield from missing_at(resource, path, mention, index, region, _WHY)


def _others(resource: Resource, named: Mapping[str, Kind]) -> Iterator[tuple[str, str]]:
    """Every other text of a resource of AWS: what components and providers hold is their own affair."""
    if not resource.type.startswith("aws:") or resource.type in IDENTITY:
        return
    if resource.type == TASK:
        for container in containers(resource):
            others = {key: value for key, value in container.settings.items() if key not in _ELSEWHERE}
            yield from texts(others, container.path)
    judged_elsewhere = _ELSEWHERE if resource.type in (*HOSTS, MACHINE) else ()
    for prop, value in resource.properties.items():
        if prop not in named and prop not in judged_elsewhere:
            yield from texts(value, prop)


def _is_here(value: str, region: str | None) -> bool:
    """Whether an ARN is of the stack's region, or of none; what AWS makes itself is nowhere in a stack."""
    place = value.split(":")[3] if value.startswith("arn:") and value.count(":") > 3 else ""  # noqa: PLR2004
    return place in ("", region) and "/aws-service-role/" not in value


RULE = StackRule(
    name="stack-references-exist",
    description="What a property names, by a name that begins like the stack's own, is in the stack.",
    remediation="Pass the resource's output instead of a written name, or declare it external by an exception.",
    check=own(find),
)

"""A function may send what it could not handle to its destination."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Permissions
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import EVENT_INVOKE_CONFIG, FUNCTION
from policies.rules.messaging.resources.events import BUS
from policies.rules.messaging.resources.queue import QUEUE
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.denied import denied_finding, lacking
from policies.rules.stack.references.kinds import TOPIC
from policies.rules.values import lookup

_ACTIONS: Final[Mapping[str, str]] = {
    QUEUE: "sqs:SendMessage",
    TOPIC: "sns:Publish",
    FUNCTION: "lambda:InvokeFunction",
    BUS: "events:PutEvents",
}
_WHY: Final = "Lambda rejects the destination, or drops failed events: the run never ends, and no error is reported"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    for resource, function, path in _destinations(index):
        value = lookup(resource.properties, *path)
        target = index.named(resource, path[0], value, _ACTIONS).resource
        role = permissions.role(function, "role")
        if target is None or role is None:
            continue
        missing = lacking(permissions, role, (_ACTIONS[target.type],), target)
        if missing:
            yield resource, denied_finding(".".join(path), role, missing, f"'{target.name}'", _WHY)


def _destinations(index: Index) -> Iterator[tuple[Resource, Resource, tuple[str, ...]]]:
    """(resource, function, path) of everything that sets where a function's failures and successes go."""
    for function in index.of_types(FUNCTION):
        if lookup(function.properties, "deadLetterConfig") is not None:
            yield function, function, ("deadLetterConfig", "targetArn")
    for config in index.of_types(EVENT_INVOKE_CONFIG):
        found = index.target(config, "functionName", (FUNCTION,)).resource
        for outcome in ("onFailure", "onSuccess") if found is not None else ():
            given = lookup(config.properties, "destinationConfig", outcome)
            if found is not None and isinstance(given, Mapping):
                yield config, found, ("destinationConfig", outcome, "destination")


RULE = StackRule(
    name="stack-failure-destination-permitted",
    description="The role of a function may send to the function's dead-letter queue and destinations.",
    remediation="Allow sqs:SendMessage, sns:Publish, lambda:InvokeFunction or events:PutEvents on the destination.",
    check=_check,
)

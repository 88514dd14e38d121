"""What the rules of this folder know about a queue: who reads it, where its failures go, and what fails into it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.documents import document
from policies.rules.references import companions, refers
from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN, lookup

QUEUE: Final = "aws:sqs/queue:Queue"
QUEUE_POLICY: Final = "aws:sqs/queuePolicy:QueuePolicy"
REDRIVE_POLICY: Final = "aws:sqs/redrivePolicy:RedrivePolicy"
MAPPING: Final = "aws:lambda/eventSourceMapping:EventSourceMapping"
PIPE: Final = "aws:pipes/pipe:Pipe"
SUBSCRIPTION: Final = "aws:sns/topicSubscription:TopicSubscription"
TARGET: Final = "aws:cloudwatch/eventTarget:EventTarget"
SCHEDULE: Final = "aws:scheduler/schedule:Schedule"

_FAILURE_PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    TARGET: ("deadLetterConfig", "arn"),
    SCHEDULE: ("target", "deadLetterConfig", "arn"),
    "aws:cloudwatch/eventBus:EventBus": ("deadLetterConfig", "arn"),
    "aws:lambda/function:Function": ("deadLetterConfig", "targetArn"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": ("destinationConfig", "onFailure", "destination"),
    MAPPING: ("destinationConfig", "onFailure", "destinationArn"),
}
"""Where a resource names the queue for what it could not deliver or handle."""

_REDRIVES: Final = (QUEUE, REDRIVE_POLICY, SUBSCRIPTION)


@dataclass(frozen=True, slots=True)
class Failing:
    """A resource whose failures go into a queue; `path` is the property that names the queue."""

    resource: Resource
    path: str


def readers(stack: Stack, queue: Resource) -> tuple[Resource, ...]:
    """The event source mappings and pipes that are known to read the queue."""
    return (
        *companions(stack, (MAPPING,), "eventSourceArn", queue).known,
        *companions(stack, (PIPE,), "source", queue).known,
    )


def redrives(stack: Stack, queue: Resource) -> list[Resource]:
    """Returns the resources that are known to set where the queue's failed messages go: itself, or a policy for it."""
    own = [queue] if lookup(queue.properties, "redrivePolicy") is not None else []
    return [*own, *companions(stack, (REDRIVE_POLICY,), "queueUrl", queue).known]


def may_redrive(stack: Stack, queue: Resource) -> bool:
    """Whether the queue's failed messages go somewhere, or may do so."""
    return bool(redrives(stack, queue)) or companions(stack, (REDRIVE_POLICY,), "queueUrl", queue).uncertain


def failing_into(stack: Stack, queue: Resource) -> list[Failing]:
    """Everything that is known to send its failures into the queue."""
    return [Failing(resource, path) for resource, path, answer in _failures(stack, queue) if answer]


def may_take_failures(stack: Stack, queue: Resource) -> bool:
    """Whether anything sends its failures into the queue, or may do so."""
    return any(answer is not False for _, _, answer in _failures(stack, queue))


def _failures(stack: Stack, queue: Resource) -> Iterator[tuple[Resource, str, bool | None]]:
    for resource in stack.resources:
        path = _FAILURE_PATHS.get(resource.type)
        if path is not None and _given(resource, path[0]):
            answer = refers(resource, path[0], lookup(resource.properties, *path), queue)
            yield resource, ".".join(path), answer
        elif resource.type in _REDRIVES and resource.urn != queue.urn and _given(resource, "redrivePolicy"):
            yield resource, "redrivePolicy", refers(resource, "redrivePolicy", _redrive_target(resource), queue)


def _given(resource: Resource, prop: str) -> bool:
    return lookup(resource.properties, prop) is not None


def _redrive_target(resource: Resource) -> object:
    given = lookup(resource.properties, "redrivePolicy")
    policy = document(given)
    return UNKNOWN if policy is None and given is UNKNOWN else lookup(policy or {}, "deadLetterTargetArn")

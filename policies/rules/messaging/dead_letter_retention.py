"""How long failures are kept: for days, and longer than in the queue they came from."""

from collections.abc import Iterable
from typing import Final

from policies.rules.aws_limits.messaging import QUEUE_DEFAULT_RETENTION, QUEUE_RETENTION
from policies.rules.finding import Finding
from policies.rules.messaging.resources.queue import QUEUE, failing_into
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.values import format_number, lookup

_PROPERTY: Final = "messageRetentionSeconds"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for queue in stack.of_type(QUEUE):
        kept = _retention(queue)
        needed = max((_needed(failing.resource) for failing in failing_into(stack, queue)), default=0)
        if kept is not None and QUEUE_RETENTION.allows(kept) and kept < needed:
            unset = lookup(queue.properties, _PROPERTY) is None
            yield (
                queue,
                Finding(
                    property=_PROPERTY,
                    value=f"unset (SQS's default of {format_number(kept)})" if unset else format_number(kept),
                    allowed=f"at least {format_number(needed)} seconds, longer than where its messages come from",
                    why="A failed message keeps its age, and expires before anyone looks",
                    fix=f"Set it to {format_number(QUEUE_RETENTION.maximum)}, 14 days",
                ),
            )


def _needed(source: Resource) -> float:
    """Longer than in the queue that the message comes from; else a long weekend."""
    if source.type != QUEUE:
        return QUEUE_DEFAULT_RETENTION
    kept = _retention(source)
    return 0 if kept is None else min(kept + 1, QUEUE_RETENTION.maximum)


def _retention(queue: Resource) -> float | None:
    kept = lookup(queue.properties, _PROPERTY)
    if kept is None:
        return QUEUE_DEFAULT_RETENTION
    return kept if isinstance(kept, int | float) else None


RULE = StackRule(
    name="sqs-dead-letter-retention",
    description="A dead-letter queue keeps messages for days, and longer than the queue they come from.",
    remediation="Set message_retention_seconds of the dead-letter queue to 1,209,600.",
    severity=Severity.ADVISORY,
    check=_check,
)

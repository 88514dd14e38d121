"""Where a queue's failed messages go: a policy that SQS can read, with a queue and a number of tries."""

from collections.abc import Iterator, Mapping

from policies.rules.aws_limits.messaging import RECEIVE_COUNT
from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.json_finding import json_finding
from policies.rules.messaging.resources.queue import QUEUE, REDRIVE_POLICY
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, format_number, lookup

_PROPERTY = "redrivePolicy"
_REJECTED = "SQS rejects the policy with InvalidParameterValue"


def receive_count(policy: Mapping[str, object]) -> float | None:
    """How often a message is tried; a number, or a text of digits, which SQS takes for one."""
    count = policy.get("maxReceiveCount")
    if isinstance(count, str):
        return int(count) if count.isdecimal() and len(count) < len(str(RECEIVE_COUNT.maximum)) * 2 else None
    return count if isinstance(count, int | float) and not isinstance(count, bool) else None


def _check(resource: Resource) -> Iterator[Finding]:
    malformed = json_finding(resource.properties, _PROPERTY, rejected=_REJECTED)
    policy = document(lookup(resource.properties, _PROPERTY))
    if malformed is not None:
        yield malformed
    elif policy:
        yield from _policy_findings(policy)


def _policy_findings(policy: Mapping[str, object]) -> Iterator[Finding]:
    target = policy.get("deadLetterTargetArn")
    if target is not UNKNOWN and not (isinstance(target, str) and target.startswith("arn:")):
        given = repr(target) if isinstance(target, str) else "unset"
        fix = "Put the dead-letter queue's ARN there"
        yield Finding(f"{_PROPERTY}.deadLetterTargetArn", given, "the ARN of a queue", _REJECTED, fix)
    count = receive_count(policy)
    if count is not None and not RECEIVE_COUNT.allows(count):
        fix = "Choose a number in the range, 5 or more where Lambda reads the queue"
        yield Finding(f"{_PROPERTY}.maxReceiveCount", format_number(count), str(RECEIVE_COUNT), _REJECTED, fix)


RULE = ResourceRule(
    name="sqs-queue-redrive",
    description="A queue's redrive policy names a dead-letter queue and 1 to 1,000 tries.",
    remediation="Give a JSON object with deadLetterTargetArn and maxReceiveCount.",
    types=frozenset({QUEUE, REDRIVE_POLICY}),
    check=_check,
)

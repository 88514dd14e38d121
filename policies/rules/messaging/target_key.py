"""Queues and topics that EventBridge writes to, and AWS's own keys, which it may not use."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.messaging.resources.queue import QUEUE, TARGET
from policies.rules.messaging.resources.topic import TOPIC
from policies.rules.references import referred
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup

_PATHS: Final = (("arn",), ("deadLetterConfig", "arn"))
_OWN_KEYS: Final = ("alias/aws/sqs", "alias/aws/sns")


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    receivers = [*stack.of_type(QUEUE), *stack.of_type(TOPIC)]
    for target in stack.of_type(TARGET):
        for path in _PATHS:
            receiver = referred(target, path[0], lookup(target.properties, *path), receivers)
            key = None if receiver is None else lookup(receiver.properties, "kmsMasterKeyId")
            if receiver is not None and isinstance(key, str) and key.endswith(_OWN_KEYS):
                yield (
                    target,
                    Finding(
                        property=".".join(path),
                        value=f"'{receiver.name}', encrypted by {key}",
                        allowed="a queue with SQS's own encryption, or a key whose policy admits events.amazonaws.com",
                        why="The policy of a key of AWS's cannot admit EventBridge, and every event fails",
                        fix="Use a key of yours, or sqsManagedSseEnabled on a queue",
                    ),
                )


RULE = StackRule(
    name="eventbridge-target-key",
    description="No queue or topic that EventBridge writes to is encrypted by a key that AWS manages.",
    remediation="Encrypt by a key of your own that admits events.amazonaws.com, or by SQS itself.",
    check=_check,
)

"""What a subscriber could not take: kept in a queue, or gone after the last retry."""

from collections.abc import Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.json_finding import json_finding
from policies.rules.messaging.resources.queue import SUBSCRIPTION
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup, text

_WITHOUT: Final = ("email", "email-json", "sms", "application")
"""Protocols to people: nothing redelivers to them."""


def _check(subscription: Resource) -> Iterator[Finding]:
    protocol = text(subscription.properties, "protocol")
    kept = lookup(subscription.properties, "redrivePolicy")
    malformed = json_finding(
        subscription.properties, "redrivePolicy", rejected="SNS rejects the policy with InvalidParameter"
    )
    if malformed is not None:
        yield malformed
    elif protocol is not None and protocol not in _WITHOUT and not kept:
        yield Finding(
            property="redrivePolicy",
            value="unset",
            allowed="a queue for messages that could not be delivered",
            why="SNS drops a message after its last retry, without notice",
            fix="Name a queue in redrivePolicy as deadLetterTargetArn",
        )


RULE = ResourceRule(
    name="sns-subscription-dead-letter",
    description="A subscription keeps undelivered messages in a queue.",
    remediation="Set redrive_policy with deadLetterTargetArn.",
    severity=Severity.ADVISORY,
    types=frozenset({SUBSCRIPTION}),
    check=_check,
)

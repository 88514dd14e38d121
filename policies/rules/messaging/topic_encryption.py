"""Messages of a topic at rest: encrypted only where a key is given."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.messaging.topic import TOPIC
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup


def _check(topic: Resource) -> Iterable[Finding]:
    if lookup(topic.properties, "kmsMasterKeyId"):
        return []
    return [
        Finding(
            property="kmsMasterKeyId",
            value="unset",
            allowed="a KMS key",
            why="SNS keeps messages in plain text until they are delivered",
            fix="Set it to a key of yours, whose policy admits the services that publish",
        )
    ]


RULE = ResourceRule(
    name="sns-topic-encryption",
    description="A topic encrypts its messages.",
    remediation="Set kms_master_key_id to a key whose policy admits the publishing services.",
    severity=Severity.ADVISORY,
    types=frozenset({TOPIC}),
    check=_check,
)

"""Messages at rest are encrypted unless somebody switches it off."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.messaging.queue import QUEUE
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup


def _check(queue: Resource) -> Iterable[Finding]:
    if lookup(queue.properties, "sqsManagedSseEnabled") is not False or lookup(queue.properties, "kmsMasterKeyId"):
        return []
    return [
        Finding(
            property="sqsManagedSseEnabled",
            value="false, without a KMS key",
            allowed="true, or a kmsMasterKeyId",
            why="Questions and failed requests lie in the queue in plain text for up to 14 days",
            fix="Set it to true, which costs nothing",
        )
    ]


RULE = ResourceRule(
    name="sqs-queue-encryption",
    description="A queue encrypts its messages.",
    remediation="Set sqs_managed_sse_enabled to True, or kms_master_key_id to a key of your own.",
    severity=Severity.ADVISORY,
    types=frozenset({QUEUE}),
    check=_check,
)

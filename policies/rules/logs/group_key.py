"""The key of a log group: given by its ARN, other than elsewhere."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.logs.group import LOG_GROUP
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text


def _check(group: Resource) -> Iterable[Finding]:
    key = text(group.properties, "kmsKeyId")
    if not key or (key.startswith("arn:") and ":key/" in key):
        return []
    return [
        Finding(
            property="kmsKeyId",
            value=repr(key),
            allowed="the ARN of a key: arn:aws:kms:<region>:<account>:key/<id>",
            why="CloudWatch refuses ids and aliases of keys with InvalidParameterException",
            fix="Pass the key's arn, and let its policy admit logs.<region>.amazonaws.com",
        )
    ]


RULE = ResourceRule(
    name="log-group-key",
    description="A log group's key is given by its ARN.",
    remediation="Pass the arn of the kms.Key.",
    types=frozenset({LOG_GROUP}),
    check=_check,
)

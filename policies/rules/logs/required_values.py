"""Rules about log groups that demand one value of one property."""

from typing import Final

from policies.rules.accepted_values import named, other_than, text_that
from policies.rules.aws_limits import LOG_GROUP_NAME
from policies.rules.logs.group import DELIVERY, LOG_GROUP
from policies.rules.required_value import RequiredValue, rules_of
from policies.rules.rule import Resource, Severity
from policies.rules.values import UNKNOWN, lookup, quoted


def _sets_its_own_retention(group: Resource) -> bool:
    return lookup(group.properties, "logGroupClass") not in (DELIVERY, UNKNOWN)


RULES: Final = rules_of(
    RequiredValue(
        name="log-group-name",
        types=[LOG_GROUP],
        property="name",
        accepts=named(LOG_GROUP_NAME),
        value=lambda name: quoted(str(name)),
        allowed="1 to 512 letters, digits and ._/#-, not beginning with aws/",
        why="CloudWatch rejects the log group with InvalidParameterException",
        fix="Leave the name to Pulumi; names of AWS's own groups begin with a slash: /aws/lambda/…",
        description="A log group's name has at most 512 characters, all of which CloudWatch accepts.",
        remediation="Leave the name to Pulumi, or write a path that begins with a slash.",
    ),
    RequiredValue(
        name="log-group-retention",
        types=[LOG_GROUP],
        property="retentionInDays",
        applies=_sets_its_own_retention,
        accepts=other_than(None, 0),
        value=lambda days: "unset (CloudWatch's default of never)" if days is None else "0, which is never",
        allowed="a number of days",
        why="Logs with users' questions and answers are kept for ever, at a cost",
        fix="Set it to 14, or to what the law asks for",
        description="A log group removes its events after a time.",
        remediation="Set retention_in_days.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="log-group-key",
        types=[LOG_GROUP],
        property="kmsKeyId",
        accepts=text_that(lambda key: not key or (key.startswith("arn:") and ":key/" in key)),
        value=repr,
        allowed="the ARN of a key: arn:aws:kms:<region>:<account>:key/<id>",
        why="CloudWatch rejects ids and aliases of keys with InvalidParameterException",
        fix="Pass the key's arn, and let its policy admit logs.<region>.amazonaws.com",
        description="A log group's key is given by its ARN.",
        remediation="Pass the arn of the kms.Key.",
    ),
)

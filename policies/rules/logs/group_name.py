"""The name of a log group, in the characters that CloudWatch takes."""

from collections.abc import Iterable

from policies.rules.aws_limits.logs import LOG_GROUP_NAME
from policies.rules.finding import Finding
from policies.rules.logs.group import LOG_GROUP
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import quoted, text


def _check(group: Resource) -> Iterable[Finding]:
    name = text(group.properties, "name")
    if name is None or LOG_GROUP_NAME.allows(name):
        return []
    return [
        Finding(
            property="name",
            value=quoted(name),
            allowed="1 to 512 letters, digits and ._/#-, not beginning with aws/",
            why="CloudWatch refuses the log group with InvalidParameterException",
            fix="Leave the name to Pulumi; names of AWS's own groups begin with a slash: /aws/lambda/…",
        )
    ]


RULE = ResourceRule(
    name="log-group-name",
    description="A log group's name has at most 512 characters, all of which CloudWatch takes.",
    remediation="Leave the name to Pulumi, or write a path that begins with a slash.",
    types=frozenset({LOG_GROUP}),
    check=_check,
)

"""A name that Lambda takes, with room for the characters that Pulumi adds to a logical one."""

from collections.abc import Iterable
from typing import Final

from policies.rules.aws_limits import LAMBDA_FUNCTION_NAME
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup

_AUTO_SUFFIX: Final = "-0000000"
"""As long as what Pulumi adds."""


def _check(function: Resource) -> Iterable[Finding]:
    given = lookup(function.properties, "name")
    name = function.name + _AUTO_SUFFIX if given is None else given
    if not isinstance(name, str) or LAMBDA_FUNCTION_NAME.allows(_unqualified(name)):
        return []
    made = "" if given is not None else f", which Pulumi makes {len(name)} characters long"
    finding = Finding(
        property="name",
        value=f"{function.name if given is None else name}{made}",
        allowed="1 to 64 letters, digits, hyphens and underscores",
        why="Lambda rejects the function with a ValidationException",
        fix="Choose a shorter name of these characters; Pulumi adds 8 to a resource's own name",
    )
    return [finding]


def _unqualified(name: str) -> str:
    """The last part of a name that is given as an ARN."""
    return name.rsplit(":", 1)[-1] if name.startswith("arn:") else name


RULE = ResourceRule(
    name="lambda-function-name",
    description="A Lambda function's name has 1 to 64 letters, digits, hyphens and underscores.",
    remediation="Name the resource with 56 characters at most, or give a name.",
    types=frozenset({FUNCTION}),
    check=_check,
)

"""How large a function's /tmp may be."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_EPHEMERAL_STORAGE
from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.ranges import range_finding
from policies.rules.rule import Resource, ResourceRule


def _check(function: Resource) -> Iterable[Finding]:
    finding = range_finding(
        function.properties,
        ("ephemeralStorage", "size"),
        LAMBDA_EPHEMERAL_STORAGE,
        why="Lambda refuses the function with a ValidationException",
        fix="Leave it out for 512 MB, or keep large files in S3",
    )
    return [] if finding is None else [finding]


RULE = ResourceRule(
    name="lambda-function-ephemeral-storage",
    description="A Lambda function's /tmp has 512 to 10,240 MB.",
    remediation="Set ephemeral_storage within the range; what is larger belongs into S3.",
    types=frozenset({FUNCTION}),
    check=_check,
)

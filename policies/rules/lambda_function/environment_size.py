"""All environment variables of a function within 4 KB."""

from collections.abc import Iterable, Mapping

from policies.rules.aws_limits import LAMBDA_ENVIRONMENT_SIZE
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import mapping


def environment_size(variables: Mapping[str, object]) -> int:
    """The bytes of all names and of the values that are known."""
    return sum(_bytes(name) + _bytes(value) for name, value in variables.items())


def size_findings(variables: Mapping[str, object]) -> list[Finding]:
    size = environment_size(variables)
    if LAMBDA_ENVIRONMENT_SIZE.allows(size):
        return []
    largest = max(variables, key=lambda name: _bytes(variables[name]))
    finding = Finding(
        property="environment.variables",
        value=f"{size:,} bytes, the largest {largest} with {_bytes(variables[largest]):,}",
        allowed=f"{LAMBDA_ENVIRONMENT_SIZE.maximum:,} bytes of names and values together",
        why="Lambda rejects a larger environment with InvalidParameterValueException",
        fix="Put long values into Parameter Store, Secrets Manager or S3 and pass their names",
    )
    return [finding]


def _bytes(value: object) -> int:
    return len(value.encode()) if isinstance(value, str) else 0


def _check(function: Resource) -> Iterable[Finding]:
    return size_findings(mapping(function.properties, "environment", "variables"))


RULE = ResourceRule(
    name="lambda-function-environment-size",
    description="A Lambda function's environment variables fit into 4 KB.",
    remediation="Pass long values by reference: the name of a parameter, of a secret or of an object.",
    types=frozenset({FUNCTION}),
    check=_check,
)

"""A Lambda function's environment variables: reserved names, the pattern of a name, the size of all together."""

import re
from collections.abc import Iterable, Mapping

from policies.rules.aws_limits import LAMBDA_ENVIRONMENT_SIZE, LAMBDA_RESERVED_VARIABLES, LAMBDA_VARIABLE_NAME
from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import mapping

REGION_VARIABLES = frozenset({"AWS_REGION", "AWS_DEFAULT_REGION"})
CREDENTIAL_VARIABLES = frozenset(
    {"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"},
)


def environment_problems(variables: Mapping[str, object]) -> list[str]:
    """One sentence for each variable that Lambda would refuse, and one when all together are too large.

    A value that is not text, because it is not known yet, counts for its name only. Values are never shown.
    """
    return [finding.sentence() for finding in environment_findings(variables)]


def environment_findings(variables: Mapping[str, object]) -> list[Finding]:
    findings = [_name_finding(name) for name in variables if _is_refused(name)]
    size = environment_size(variables)
    if not LAMBDA_ENVIRONMENT_SIZE.allows(size):
        findings.append(_size_finding(size, variables))
    return findings


def environment_size(variables: Mapping[str, object]) -> int:
    """The bytes of all names and of the values that are known."""
    return sum(_bytes(name) + _bytes(value) for name, value in variables.items())


def _bytes(value: object) -> int:
    return len(value.encode()) if isinstance(value, str) else 0


def _is_refused(name: str) -> bool:
    return name in LAMBDA_RESERVED_VARIABLES or re.fullmatch(LAMBDA_VARIABLE_NAME, name) is None


def _name_finding(name: str) -> Finding:
    if name in LAMBDA_RESERVED_VARIABLES:
        return Finding(
            property=f"environment.variables.{name}",
            value="set",
            allowed="any name that Lambda does not reserve",
            why=f"Lambda sets {name} itself and refuses the function with InvalidParameterValueException",
            fix=_replacement(name),
        )
    return Finding(
        property=f"environment.variables.{name}",
        value="set",
        allowed=f"names that match {LAMBDA_VARIABLE_NAME}",
        why="Lambda refuses the function with a ValidationException",
        fix="Rename the variable: two characters or more, the first a letter, then letters, digits and underscores",
    )


def _replacement(name: str) -> str:
    if name in REGION_VARIABLES:
        return "Use BEDROCK_REGION or LONGRUN_MODEL_REGION for the model's region; AWS_REGION is there to be read"
    if name in CREDENTIAL_VARIABLES:
        return (
            "Give the function's role the permissions, or keep foreign credentials in Secrets Manager and pass the ARN"
        )
    return f"Remove it, or rename it, for example to LONGRUN_{name.strip('_').removeprefix('AWS_')}"


def _size_finding(size: int, variables: Mapping[str, object]) -> Finding:
    largest = max(variables, key=lambda name: _bytes(variables[name]))
    return Finding(
        property="environment.variables",
        value=f"{size:,} bytes, the largest {largest} with {_bytes(variables[largest]):,}",
        allowed=f"{LAMBDA_ENVIRONMENT_SIZE.maximum:,} bytes of names and values together",
        why="Lambda refuses a larger environment with InvalidParameterValueException",
        fix="Put long values into Parameter Store, Secrets Manager or S3 and pass their names",
    )


def _check(function: Resource) -> Iterable[Finding]:
    return environment_findings(mapping(function.properties, "environment", "variables"))


RULE = ResourceRule(
    name="lambda-function-environment-names",
    description="A Lambda function's environment has no name that Lambda reserves or refuses, and fits into 4 KB.",
    remediation="Rename reserved variables (BEDROCK_REGION instead of AWS_REGION) and pass long values by reference.",
    types=frozenset({FUNCTION}),
    check=_check,
)

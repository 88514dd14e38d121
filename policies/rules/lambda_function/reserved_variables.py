"""No variable under a name that Lambda sets itself."""

from collections.abc import Iterable, Mapping
from typing import Final

from policies.rules.aws_limits import LAMBDA_RESERVED_VARIABLES
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import mapping

REGION_VARIABLES: Final = frozenset({"AWS_REGION", "AWS_DEFAULT_REGION"})
CREDENTIAL_VARIABLES: Final = frozenset(
    {"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
)


def reserved_findings(variables: Mapping[str, object]) -> list[Finding]:
    return [
        Finding(
            property=f"environment.variables.{name}",
            value="set",
            allowed="any name that Lambda does not reserve",
            why=f"Lambda sets {name} itself and rejects the function with InvalidParameterValueException",
            fix=_replacement(name),
        )
        for name in variables
        if name in LAMBDA_RESERVED_VARIABLES
    ]


def _replacement(name: str) -> str:
    if name in REGION_VARIABLES:
        return "Use BEDROCK_REGION or LONGRUN_MODEL_REGION for the model's region; AWS_REGION is there to be read"
    if name in CREDENTIAL_VARIABLES:
        return (
            "Give the function's role the permissions, or keep foreign credentials in Secrets Manager and pass the ARN"
        )
    return f"Remove it, or rename it, for example to LONGRUN_{name.strip('_').removeprefix('AWS_')}"


def _check(function: Resource) -> Iterable[Finding]:
    return reserved_findings(mapping(function.properties, "environment", "variables"))


RULE = ResourceRule(
    name="lambda-function-reserved-variables",
    description="A Lambda function's environment sets no name that Lambda reserves, such as AWS_REGION.",
    remediation="Rename reserved variables: BEDROCK_REGION instead of AWS_REGION.",
    types=frozenset({FUNCTION}),
    check=_check,
)

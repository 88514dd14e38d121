"""No secret in plain text among a function's environment variables."""

from collections.abc import Iterable, Iterator

from policies.rules.aws_limits import LAMBDA_RESERVED_VARIABLES
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.secret_values import secret_finding
from policies.rules.values import mapping

READERS = "read the function's configuration or"


def _check(function: Resource) -> Iterable[Finding]:
    return _findings(function)


def _findings(function: Resource) -> Iterator[Finding]:
    for name, value in mapping(function.properties, "environment", "variables").items():
        # Credentials under a reserved name are rejected by the rule of reserved names.
        if isinstance(value, str) and name not in LAMBDA_RESERVED_VARIABLES:
            finding = secret_finding(f"environment.variables.{name}", name, value, READERS)
            if finding is not None:
                yield finding


RULE = ResourceRule(
    name="lambda-function-plain-secrets",
    description="A Lambda function's environment holds no key, password or token in plain text.",
    remediation="Keep the secret in Secrets Manager and pass its ARN (longrun:modelSecretArn for the model's key).",
    types=frozenset({FUNCTION}),
    check=_check,
)

"""Names of environment variables that Lambda takes: a letter first, then letters, digits and underscores."""

import re
from collections.abc import Iterable, Mapping

from policies.rules.aws_limits import LAMBDA_RESERVED_VARIABLES, LAMBDA_VARIABLE_NAME
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import mapping


def name_findings(variables: Mapping[str, object]) -> list[Finding]:
    return [
        Finding(
            property=f"environment.variables.{name}",
            value="set",
            allowed=f"names that match {LAMBDA_VARIABLE_NAME}",
            why="Lambda rejects the function with a ValidationException",
            fix="Rename the variable: two characters or more, the first a letter, then letters, digits and underscores",
        )
        for name in variables
        # Some reserved names are malformed, too: they belong to the rule of reserved names.
        if re.fullmatch(LAMBDA_VARIABLE_NAME, name) is None and name not in LAMBDA_RESERVED_VARIABLES
    ]


def _check(function: Resource) -> Iterable[Finding]:
    return name_findings(mapping(function.properties, "environment", "variables"))


RULE = ResourceRule(
    name="lambda-function-variable-names",
    description="Names of environment variables start with a letter, followed by letters, digits and underscores.",
    remediation="Rename the variable, for example MODEL_ID instead of model-id.",
    types=frozenset({FUNCTION}),
    check=_check,
)

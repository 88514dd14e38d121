"""All that Lambda rejects in a function's environment variables, for components: the rules each judge a part."""

from collections.abc import Mapping

from policies.rules.finding import Finding
from policies.rules.lambda_function.environment_size import environment_size, size_findings
from policies.rules.lambda_function.reserved_variables import reserved_findings
from policies.rules.lambda_function.variable_names import name_findings

__all__ = ["environment_findings", "environment_problems", "environment_size"]


def environment_problems(variables: Mapping[str, object]) -> list[str]:
    """Returns a message for each variable that Lambda would reject, and one when all together are too large.

    A value that is not text, because it is not known yet, counts for its name only. Values are never shown.
    """
    return [finding.explanation() for finding in environment_findings(variables)]


def environment_findings(variables: Mapping[str, object]) -> list[Finding]:
    return [*reserved_findings(variables), *name_findings(variables), *size_findings(variables)]

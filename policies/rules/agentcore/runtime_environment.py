"""The environment of an AgentCore runtime: how many variables, and how long their names and values may be."""

from collections.abc import Iterable, Mapping

from policies.rules.agentcore.runtime import RUNTIMES
from policies.rules.aws_limits import AGENTCORE_VARIABLE_NAME, AGENTCORE_VARIABLE_VALUE, AGENTCORE_VARIABLES
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import mapping

PROPERTY = "environmentVariables"


def environment_problems(variables: Mapping[str, object], prop: str = "variables") -> list[str]:
    """Returns a message for each variable that AgentCore would reject, and one when there are too many. A value that
    is not text, because it is not known yet, counts for its name only. Values are never shown."""
    return [finding.explanation() for finding in environment_findings(variables, prop)]


def environment_findings(variables: Mapping[str, object], prop: str) -> list[Finding]:
    findings = [
        finding
        for name, value in variables.items()
        for finding in (_name_finding(name, prop), _value_finding(name, value, prop))
        if finding is not None
    ]
    if not AGENTCORE_VARIABLES.allows(len(variables)):
        findings.append(
            Finding(
                property=prop,
                value=f"{len(variables)} variables",
                allowed=str(AGENTCORE_VARIABLES),
                why="AgentCore rejects a larger environment with a ValidationException",
                fix="Join values that belong together into one variable, as JSON",
            )
        )
    return findings


def _name_finding(name: str, prop: str) -> Finding | None:
    if AGENTCORE_VARIABLE_NAME.allows(len(name)):
        return None
    return Finding(
        property=f"{prop}.{name}",
        value=f"set, a name of {len(name)} characters",
        allowed=str(AGENTCORE_VARIABLE_NAME),
        why="AgentCore rejects the runtime with a ValidationException",
        fix="Shorten the variable's name",
    )


def _value_finding(name: str, value: object, prop: str) -> Finding | None:
    if not isinstance(value, str) or AGENTCORE_VARIABLE_VALUE.allows(len(value)):
        return None
    return Finding(
        property=f"{prop}.{name}",
        value=f"a text of {len(value):,} characters",
        allowed=str(AGENTCORE_VARIABLE_VALUE),
        why="AgentCore rejects the runtime with a ValidationException",
        fix="Put the value into Parameter Store, Secrets Manager or S3 and pass its name",
    )


def _check(runtime: Resource) -> Iterable[Finding]:
    return environment_findings(mapping(runtime.properties, PROPERTY), PROPERTY)


RULE = ResourceRule(
    name="agentcore-runtime-environment",
    description="An AgentCore runtime has at most 50 variables, with names of 100 and values of 5,000 characters.",
    remediation="Pass long values by reference, and values that belong together in one variable.",
    types=RUNTIMES,
    check=_check,
)

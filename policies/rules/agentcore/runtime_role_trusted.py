"""AgentCore may take the role of a runtime."""

from collections.abc import Iterable

from policies.rules.agentcore.runtime import RUNTIME
from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.foreign_names import service_of
from policies.rules.index import Index
from policies.rules.resource_policy import services, statements
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import UNKNOWN

ROLE = "aws:iam/role:Role"
SERVICE = "bedrock-agentcore.amazonaws.com"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    for runtime in stack.of_type(RUNTIME):
        role = index.target(runtime, "roleArn", (ROLE,)).resource
        if role is not None and _trusted(role) == []:
            yield role, _finding(runtime)


def _trusted(role: Resource) -> list[str] | None:
    """The services of AgentCore that may take the role; None where that is not known."""
    policy = document(role.properties.get("assumeRolePolicy"))
    if policy is None:
        return None
    found = [statement for statement in statements(policy) if statement.get("Effect") in ("Allow", UNKNOWN)]
    if not found or any(_is_vague(statement.get("Principal")) for statement in found):
        return None
    return [service for statement in found for service in services(statement) if service_of(service) == SERVICE]


def _is_vague(principal: object) -> bool:
    if not isinstance(principal, dict):
        return principal != "*"
    named = principal.get("Service", "")
    return named is UNKNOWN or (isinstance(named, list) and UNKNOWN in named)


def _finding(runtime: Resource) -> Finding:
    return Finding(
        property="assumeRolePolicy",
        value=f"closed to AgentCore, for the runtime {runtime.name!r}",
        allowed=f"a statement that lets {SERVICE} assume the role",
        why="AgentCore rejects the runtime, or no session starts",
        fix=f"Allow sts:AssumeRole to {SERVICE}, for this account's runtimes by aws:SourceAccount and aws:SourceArn",
    )


RULE = StackRule(
    name="agentcore-runtime-role-trusted",
    description="The role of an AgentCore runtime lets AgentCore take it.",
    remediation="Allow sts:AssumeRole to bedrock-agentcore.amazonaws.com, for this account's runtimes only.",
    check=_check,
)

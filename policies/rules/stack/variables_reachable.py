"""Code that gets the name of a table, bucket or function has a role that may do something with it."""

from collections.abc import Iterable, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Permissions
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.denied import denied_finding
from policies.rules.stack.references.kinds import FUNCTION_KIND, SECRET_KIND
from policies.rules.stack.references.variables import hosts

_NEEDED: Final[Mapping[str, str]] = {
    FUNCTION_KIND.service: "lambda:InvokeFunction",
    SECRET_KIND.service: "secretsmanager:GetSecretValue",
}
"""What code does with a resource of a kind of which it is given the name, where only one action counts."""

_WHY: Final = "The first call ends in AccessDenied, in the middle of a run"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    for host in hosts(index):
        role = permissions.role(host.resource, host.role_property)
        for name, mention in host.mentions() if role is not None else ():
            target = mention.found(index).resource
            if role is None or target is None or target is host.resource:
                continue
            service = mention.kind.service
            action = _NEEDED.get(service, f"{service}:*")
            if permissions.may(role, action, target) is False:
                needed = _NEEDED.get(service, f"{service} actions")
                on = f"the {mention.kind.word} '{target.name}'"
                yield host.resource, denied_finding(host.path(name), role, (needed,), on, _WHY)


RULE = StackRule(
    name="stack-role-reaches-variables",
    description="The role of a function, runtime or task may use each table, bucket, queue or secret that a "
    "variable names.",
    remediation="Allow what the code does with the resource, or leave the variable out.",
    check=_check,
)

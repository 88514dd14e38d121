"""Code that asks a model on Bedrock has a role that may."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Grant, Permissions
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.places.homes import Homes, stack_region
from policies.rules.stack.references.denied import denied_finding
from policies.rules.stack.references.models import Needed, is_model, needed
from policies.rules.stack.references.variables import Host, hosts

_ACTIONS: Final = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
_ID: Final = "MODEL_ID"
_VARIABLE: Final = re.compile(rf"(?:.*_)?{_ID}")
_REGIONS: Final = ("BEDROCK_REGION", "BEDROCK_AWS_REGION", "AWS_BEDROCK_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
"""Variables from which code takes the region of its model, the first that is set."""

_PROVIDER: Final = "LONGRUN_MODEL_PROVIDER"
_WHY: Final = "Bedrock answers the first question with AccessDeniedException"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    region = stack_region(stack)
    homes = None if region is None else Homes.of(stack, region)
    for host in hosts(index):
        role = permissions.role(host.resource, host.role_property)
        if role is None or not permissions.is_whole(role):
            continue
        grants = [grant for grant in permissions.grants(role) if _asks(permissions, grant)]
        for name, model in _models(host):
            called_from = _region_of(host, name, homes)
            denied = [part for part in needed(model, called_from) if not _is_given(part, grants)]
            if denied:
                yield host.resource, denied_finding(host.path(name), role, _ACTIONS[1:], denied[0].arn, _WHY)


def _asks(permissions: Permissions, grant: Grant) -> bool:
    return "NotResource" in grant.statement or any(
        permissions.allows(grant, action) is not False for action in _ACTIONS
    )


def _is_given(part: Needed, grants: Iterable[Grant]) -> bool:
    return any(
        "NotResource" in grant.statement
        or any(part.is_given_by(grant.statement, resource) for resource in grant.resources())
        for grant in grants
    )


def _models(host: Host) -> Iterator[tuple[str, str]]:
    if host.variables.get(_PROVIDER, "bedrock") != "bedrock" or _PROVIDER in host.unknown or not host.is_known:
        return
    for name, value in host.variables.items():
        if _VARIABLE.fullmatch(name) and is_model(value):
            yield name, value


def _region_of(host: Host, name: str, homes: Homes | None) -> str | None:
    """The region in which the code calls the model that a variable names; None where that is not known."""
    for variable in (f"{name.removesuffix(_ID)}MODEL_REGION", *_REGIONS):
        if variable in host.unknown:
            return None
        if host.variables.get(variable):
            return host.variables[variable]
    own = None if homes is None else homes.of_resource(host.resource)
    return own if isinstance(own, str) else None


RULE = StackRule(
    name="stack-role-invokes-model",
    description="The role of code that asks a model on Bedrock may invoke it, its profile and the profile's model.",
    remediation="Allow bedrock:InvokeModelWithResponseStream on the profile and on the foundation model it routes to.",
    check=_check,
)

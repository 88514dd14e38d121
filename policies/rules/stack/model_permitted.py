"""Code that asks a model on Bedrock has a role that may."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Grant, Permissions
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.denied import denied_finding
from policies.rules.stack.references.variables import Host, hosts

_ACTIONS: Final = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
_VARIABLE: Final = re.compile(r"(?:.*_)?MODEL_ID")
_PROFILE: Final = re.compile(r"(?:us-gov|us|eu|uk|ca|apac|jp|au|global)\.(?P<model>[a-z0-9]+\..+)")
_MODEL: Final = re.compile(r"(?:[a-z-]{2,6}\.)?[a-z0-9]+\.[A-Za-z0-9.:-]+")
_PROVIDER: Final = "LONGRUN_MODEL_PROVIDER"
_WHY: Final = "Bedrock answers the first question with AccessDeniedException"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    for host in hosts(index):
        role = permissions.role(host.resource, host.role_property)
        if role is None or not permissions.is_whole(role):
            continue
        given = [
            resource
            for grant in permissions.grants(role)
            if _asks(permissions, grant)
            for resource in grant.resources()
        ]
        for name, model in _models(host):
            denied = [part for part in _parts(model) if not any(_covers(resource, *part) for resource in given)]
            if denied:
                on = f"arn:aws:bedrock:…:{'/'.join(denied[0])}"
                yield host.resource, denied_finding(host.path(name), role, _ACTIONS[1:], on, _WHY)


def _asks(permissions: Permissions, grant: Grant) -> bool:
    return "NotResource" in grant.statement or any(
        permissions.allows(grant, action) is not False for action in _ACTIONS
    )


def _models(host: Host) -> Iterator[tuple[str, str]]:
    if host.variables.get(_PROVIDER, "bedrock") != "bedrock" or _PROVIDER in host.unknown or not host.is_known:
        return
    for name, value in host.variables.items():
        if _VARIABLE.fullmatch(name) and _MODEL.fullmatch(value):
            yield name, value


def _parts(model: str) -> Iterator[tuple[str, str]]:
    """(kind, name) of what a call needs: the profile and its model, or the model alone."""
    profile = _PROFILE.fullmatch(model)
    if profile is not None:
        yield "inference-profile", model
    yield "foundation-model", model if profile is None else profile["model"]


def _covers(given: object, kind: str, name: str) -> bool:
    """Whether a policy's resource takes the model in; what is not known may."""
    if not isinstance(given, str):
        return True
    _, stated, pattern = given.partition(f":{kind}/")
    return fnmatchcase(name, pattern) if stated else fnmatchcase(f"arn:aws:bedrock:region:0:{kind}/{name}", given)


RULE = StackRule(
    name="stack-role-invokes-model",
    description="The role of code that asks a model on Bedrock may invoke it, its profile and the profile's model.",
    remediation="Allow bedrock:InvokeModelWithResponseStream on the profile and on the foundation model it routes to.",
    check=_check,
)

"""Policies that stand on a resource (bucket, queue, topic, bus, secret): whom they let in."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.foreign_names import service_of
from policies.rules.values import UNKNOWN

Statement = Mapping[str, object]

SOURCE_KEYS: Final = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"}
)
"""Condition keys (in lower case) that restrict for whom an AWS service may act."""

_CALLER_KEYS: Final = SOURCE_KEYS | {
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceip",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
}
_NARROWING: Final = ("stringequals", "stringlike", "arnequals", "arnlike", "ipaddress")


def statements(document: Mapping[str, object] | None) -> list[Statement]:
    """The statements that are known, one or a list of them."""
    found = None if document is None else document.get("Statement")
    listed = found if isinstance(found, list) else [found]
    return [statement for statement in listed if isinstance(statement, Mapping)]


def is_public(statement: Statement) -> bool:
    """Whether the statement lets everyone in: any principal, and no condition on who calls."""
    if statement.get("Effect") != "Allow":
        return False
    everyone = "NotPrincipal" in statement or "*" in _listed(_principals(statement, "AWS"))
    return everyone and narrowed_by(statement, _CALLER_KEYS) is False


def narrowed_by(statement: Statement, keys: frozenset[str]) -> bool | None:
    """Whether a condition limits one of these keys to more than a wildcard; None where that is not known."""
    given = statement.get("Condition")
    if given is UNKNOWN:
        return None
    answer: bool | None = False
    for operator, key, value in conditions(given):
        if operator == "" or value is UNKNOWN:
            answer = None
        elif operator.startswith(_NARROWING) and key in keys and not _any_value(value):
            return True
    return answer


def admits(statement: Statement, service: str, action: str) -> bool | None:
    """Whether the statement allows an AWS service (`events.amazonaws.com`) an action (`sqs:SendMessage`)."""
    if statement.get("Effect") == "Deny":
        return False
    principals = [*_listed(_principals(statement, "Service")), *_listed(_principals(statement, "AWS"))]
    actions = _listed(statement.get("Action"))
    if UNKNOWN in (statement.get("Effect"), *principals, *actions):
        return None
    wanted = {action.lower(), f"{action.split(':', maxsplit=1)[0].lower()}:*", "*"}
    allowed = any(isinstance(given, str) and given.lower() in wanted for given in actions)
    return allowed and any(isinstance(given, str) and service_of(given) in (service, "*") for given in principals)


def services(statement: Statement) -> list[str]:
    """The AWS services that a statement lets in, as they are written there."""
    principal = statement.get("Principal")
    found = _listed(principal.get("Service")) if isinstance(principal, Mapping) else []
    return [service for service in found if isinstance(service, str)]


def label(statement: Statement, position: int) -> str:
    """Returns how a message names a statement: by its Sid, else by its position."""
    sid = statement.get("Sid")
    return f"statement {sid!r}" if isinstance(sid, str) else f"statement {position + 1}"


def _principals(statement: Statement, kind: str) -> object:
    principal = statement.get("Principal")
    return principal.get(kind) if isinstance(principal, Mapping) else principal


def conditions(given: object) -> Iterator[tuple[str, str, object]]:
    """Operator, key and value of each condition, in lower case; an operator of "" is one that is not known."""
    for operator, keys in given.items() if isinstance(given, Mapping) else ():
        if not isinstance(keys, Mapping):
            yield "", "", keys
            continue
        for key, value in keys.items():
            yield str(operator).lower().removeprefix("foranyvalue:"), str(key).lower(), value


def _any_value(value: object) -> bool:
    return "*" in _listed(value)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]

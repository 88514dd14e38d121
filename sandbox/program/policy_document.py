"""The document that `aws.iam.get_policy_document` makes of its arguments, as the provider makes it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

VERSION: Final = "2012-10-17"
_LISTS: Final = {
    "Action": "actions",
    "NotAction": "notActions",
    "Resource": "resources",
    "NotResource": "notResources",
}


def policy_document(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the function's result: its arguments, the document and its id.

    Statements of `sourcePolicyDocuments` come first; those of `overridePolicyDocuments` replace statements of the same
    Sid. One value stands alone and several are a list, in the order of the arguments.
    """
    own = [_statement(each) for each in arguments.get("statements") or ()]
    sources = _documents(arguments, "sourcePolicyDocuments", "sourceJson")
    overrides = _documents(arguments, "overridePolicyDocuments", "overrideJson")
    statements = [statement for document in sources for statement in _statements(document)] + own
    for statement in (each for document in overrides for each in _statements(document)):
        statements = _replaced(statements, statement)
    given = next((each["Id"] for each in sources if "Id" in each), None)
    identity = arguments.get("policyId") or given
    document = {
        "Version": arguments.get("version") or VERSION,
        **({"Id": identity} if identity else {}),
        "Statement": statements,
    }
    return {
        **arguments,
        "id": "planned",
        "json": json.dumps(document, indent=2),
        "minifiedJson": json.dumps(document, separators=(",", ":")),
        "version": document["Version"],
    }


def _documents(arguments: Mapping[str, Any], several: str, one: str) -> list[Mapping[str, Any]]:
    texts = [*(arguments.get(several) or ()), *filter(None, [arguments.get(one)])]
    return [json.loads(text) for text in texts if text]


def _statements(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _replaced(statements: Sequence[Mapping[str, Any]], new: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    sid = new.get("Sid")
    if sid and any(each.get("Sid") == sid for each in statements):
        return [new if each.get("Sid") == sid else each for each in statements]
    return [*statements, new]


def _statement(given: Mapping[str, Any]) -> Mapping[str, Any]:
    made: dict[str, Any] = {"Sid": given["sid"]} if given.get("sid") else {}
    made["Effect"] = given.get("effect") or "Allow"
    for key, argument in _LISTS.items():
        if given.get(argument):
            made[key] = _alone(given[argument])
    for key, argument in (("Principal", "principals"), ("NotPrincipal", "notPrincipals")):
        if given.get(argument):
            made[key] = _principals(given[argument])
    if given.get("conditions"):
        made["Condition"] = _conditions(given["conditions"])
    return made


def _principals(given: Iterable[Mapping[str, Any]]) -> object:
    found: dict[str, list[str]] = {}
    for each in given:
        if each["type"] == "*" and list(each["identifiers"]) == ["*"]:
            return "*"
        found.setdefault(each["type"], []).extend(each["identifiers"])
    return {kind: _alone(identifiers) for kind, identifiers in found.items()}


def _conditions(given: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[str, object]]:
    found: dict[str, dict[str, list[str]]] = {}
    for each in given:
        found.setdefault(each["test"], {}).setdefault(each["variable"], []).extend(each["values"])
    return {test: {key: _alone(values) for key, values in keys.items()} for test, keys in found.items()}


def _alone(values: Sequence[str]) -> object:
    return values[0] if len(values) == 1 else list(values)

"""Actions that IAM knows: their form, the service's prefix, and operations that have no action of their own."""

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.aws_limits.iam import NO_ACTIONS, SERVICE_PREFIXES
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, of_identity
from policies.rules.rule import ResourceRule

_FORM: Final = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_REPLACED: Final = {name.lower(): action for name, action in NO_ACTIONS.items()}
_WHY: Final = "IAM takes the policy as it is and allows nothing by it: the call is denied when a run makes it"


def _actions(placed: PlacedStatement) -> Iterator[Finding]:
    for element in ("Action", "NotAction"):
        for path, action in placed.texts(element):
            prefix, _, name = action.partition(":")
            if _FORM.fullmatch(action) is None:
                yield Finding(
                    property=path,
                    value=repr(action[:80]),
                    allowed="a service's prefix and an action, as in s3:GetObject",
                    why="IAM rejects the document with MalformedPolicyDocument",
                    fix="Look the action up in the service's authorization reference",
                )
            elif prefix.lower() in SERVICE_PREFIXES:
                yield _no_action(path, action, f"{SERVICE_PREFIXES[prefix.lower()]}:{name}")
            elif action.lower() in _REPLACED:
                yield _no_action(path, action, _REPLACED[action.lower()])


def _no_action(path: str, action: str, instead: str) -> Finding:
    return Finding(path, action, "actions that IAM knows", _WHY, f"Allow {instead} instead")


RULE = ResourceRule(
    name="iam-actions-exist",
    description="Policies name actions that IAM knows, which not every API operation is.",
    remediation="Allow the action that authorises the operation, under the prefix of the authorization reference.",
    types=IDENTITY,
    check=of_identity(_actions),
)

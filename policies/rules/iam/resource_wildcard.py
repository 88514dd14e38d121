"""What is allowed is allowed on something, not on everything."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.iam import METRICS, METRICS_KEY
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, of_identity
from policies.rules.iam.statements.resourceless import is_resourceless
from policies.rules.resource_policy import narrowed_by
from policies.rules.rule import ResourceRule

_EVERYTHING: Final = re.compile(r"\*+|arn:\*|arn:[a-z*-]*:[a-z0-9*-]+:[a-z0-9*-]*:[0-9*]*:\*+(?:/\*+)?")
_RESOURCE_KEYS: Final = frozenset({METRICS_KEY, "aws:resourceaccount", "aws:resourceorgid"})
_TAGGED: Final = "aws:resourcetag/"
_JUDGED_ELSEWHERE: Final = "iam:passrole"


def _wildcards(placed: PlacedStatement) -> Iterator[Finding]:
    if not placed.allows or not placed.is_known:
        return
    wide = [path for path, resource in placed.texts("Resource") if _EVERYTHING.fullmatch(resource)]
    narrowable = [action for _, action in placed.texts("Action") if not _needs_all(action)]
    if not wide or not narrowable or _is_narrowed(placed):
        return
    metrics = narrowable == [METRICS]
    yield Finding(
        property=wide[0],
        value=f"everything, for {', '.join(narrowable[:3])}{' …' if len(narrowable) > 3 else ''} in {placed.name}",  # noqa: PLR2004
        allowed=f"'*' with a condition on {METRICS_KEY}" if metrics else "the ARNs that the code works with",
        why="It reaches the data of every other system in the account, and an agent's tools act with the same role",
        fix=f"Add a condition on {METRICS_KEY}"
        if metrics
        else "Name the ARNs, or state the reason in an exception of the policy configuration",
    )


def _needs_all(action: str) -> bool:
    return action.lower() == _JUDGED_ELSEWHERE or is_resourceless(action)


def _is_narrowed(placed: PlacedStatement) -> bool:
    """Returns whether a condition restricts the resources, or may do so."""
    conditions = placed.statement.get("Condition")
    keys = (
        [key for each in conditions.values() if isinstance(each, Mapping) for key in each]
        if isinstance(conditions, Mapping)
        else []
    )
    return any(str(key).lower().startswith(_TAGGED) for key in keys) or (
        narrowed_by(placed.statement, _RESOURCE_KEYS) is not False
    )


RULE = ResourceRule(
    name="iam-no-resource-wildcard",
    description="No policy allows an action on everything, unless the action knows no resources or a reason is stated.",
    remediation="Name the ARNs; give actions that know no resources a statement of their own.",
    types=IDENTITY,
    check=of_identity(_wildcards),
)

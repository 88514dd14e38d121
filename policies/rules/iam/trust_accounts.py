"""A role that another account takes asks for the id that both have agreed on."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import ROLE, PlacedStatement, of_trust
from policies.rules.resource_policy import narrowed_by
from policies.rules.rule import ResourceRule, Severity
from policies.rules.values import UNKNOWN

_ROOT: Final = re.compile(r"(?:arn:[a-z-]+:iam::)?(?P<account>[0-9]{12})(?::root)?")
_AGREED: Final = frozenset(
    {
        *("sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn"),
        *("aws:multifactorauthpresent", "aws:sourceaccount", "aws:sourcearn"),
    }
)


def _accounts(placed: PlacedStatement) -> Iterator[Finding]:
    principal = placed.statement.get("Principal")
    given = principal.get("AWS") if isinstance(principal, Mapping) else None
    if not placed.allows or placed.statement.get("Condition") is UNKNOWN:
        return
    for value in given if isinstance(given, list) else [given]:
        match = _ROOT.fullmatch(value) if isinstance(value, str) else None
        if match is not None and not _asks(placed):
            yield Finding(
                property=f"{placed.path}.Principal",
                value=f"the whole account {match['account']} in {placed.name}",
                allowed="a role's ARN, or an account with a condition on sts:ExternalId",
                why="Everyone in that account whom its administrators let may take the role, also for a third party",
                fix="Name the role that takes it, or add StringEquals on sts:ExternalId",
            )


def _asks(placed: PlacedStatement) -> bool:
    conditions = placed.statement.get("Condition")
    keys = conditions.values() if isinstance(conditions, Mapping) else ()
    flat = {str(key).lower() for each in keys if isinstance(each, Mapping) for key in each}
    return bool(flat & _AGREED) or UNKNOWN in keys or narrowed_by(placed.statement, _AGREED) is not False


RULE = ResourceRule(
    name="iam-trust-accounts",
    description="A whole account takes a role only under a condition, of an external id for example.",
    remediation="Name roles instead of accounts, or condition the trust on sts:ExternalId or aws:PrincipalOrgID.",
    severity=Severity.ADVISORY,
    types=frozenset({ROLE}),
    check=of_trust(_accounts),
)

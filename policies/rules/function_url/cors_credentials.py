"""Credentials are not for every origin."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.function_url.url import FUNCTION_URL
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup, members


def _check(url: Resource) -> Iterable[Finding]:
    with_credentials = lookup(url.properties, "cors", "allowCredentials") is True
    if not with_credentials or "*" not in members(url.properties, "cors", "allowOrigins"):
        return []
    finding = Finding(
        property="cors.allowOrigins",
        value="* with allowCredentials",
        allowed="the origins of the pages that call it",
        why="Any page that a user opens could call the agent as that user",
        fix="List the origins, or leave allowCredentials out",
    )
    return [finding]


RULE = ResourceRule(
    name="function-url-cors-credentials",
    description="A URL that allows credentials lists its origins.",
    remediation="List the origins in cors.allow_origins.",
    types=frozenset({FUNCTION_URL}),
    check=_check,
)

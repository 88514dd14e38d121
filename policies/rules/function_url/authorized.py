"""Nobody calls a function's URL without AWS credentials, unless the policy configuration says why they may."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.function_url.url import FUNCTION_URL, is_public
from policies.rules.rule import Resource, ResourceRule


def _check(url: Resource) -> Iterable[Finding]:
    if not is_public(url):
        return []
    finding = Finding(
        property="authorizationType",
        value="NONE",
        allowed="AWS_IAM, unless an exception with its reason stands in the policy configuration",
        why="Who finds the URL runs the agent at this account's cost, and a URL has neither throttle nor firewall",
        fix="Set authorizationType to AWS_IAM, or put an API with an authorizer before the function",
    )
    return [finding]


RULE = ResourceRule(
    name="function-url-not-public",
    description="A function's URL asks for AWS credentials.",
    remediation="Set authorization_type=AWS_IAM; an exception in the policy configuration says why a URL is public.",
    types=frozenset({FUNCTION_URL}),
    check=_check,
)

"""A permission for a URL names the kind of authorization that the URL has."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.function_url.url import FUNCTION_URL, function_of
from policies.rules.lambda_function.functions.function import PERMISSION
from policies.rules.references import companions
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import text


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    urls = [(url, function_of(stack, url)) for url in stack.of_type(FUNCTION_URL)]
    for url, function in urls:
        kind = text(url.properties, "authorizationType")
        # A second URL, of an alias, may be the one for which a permission is.
        others = [other for other, its_function in urls if other is not url and its_function in (None, function)]
        if function is None or kind is None or others:
            continue
        for permission in companions(stack, (PERMISSION,), "function", function).known:
            stated = text(permission.properties, "functionUrlAuthType")
            if stated not in (None, kind):
                yield permission, _finding(str(stated), kind, url)


def _finding(stated: str, kind: str, url: Resource) -> Finding:
    return Finding(
        property="functionUrlAuthType",
        value=stated,
        allowed=f"{kind}, which the URL '{url.name}' has",
        why="The permission holds for URLs of its own kind only: every call is answered with 403 Forbidden",
        fix=f"Set functionUrlAuthType to {kind}",
    )


RULE = StackRule(
    name="function-url-permission-auth",
    description="A permission for a function's URL names the URL's own authorization type.",
    remediation="Use one value for authorization_type and function_url_auth_type.",
    check=_check,
)

"""Both permissions that calling a function's URL needs since October 2025."""

from collections.abc import Iterable, Iterator, Sequence

from policies.rules.finding import Finding
from policies.rules.function_url.url import FUNCTION_URL, INVOKE, INVOKE_URL, function_of, is_public
from policies.rules.lambda_function.functions.function import PERMISSION
from policies.rules.references import companions
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import UNKNOWN, lookup


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for url in stack.of_type(FUNCTION_URL):
        function = function_of(stack, url)
        if function is not None:
            granted = companions(stack, (PERMISSION,), "function", function)
            if not granted.uncertain:
                yield from ((url, finding) for finding in _findings(url, granted.known))


def _findings(url: Resource, granted: Sequence[Resource]) -> Iterator[Finding]:
    first, second = (any(_may_grant(each, action) for each in granted) for action in (INVOKE_URL, INVOKE))
    # Callers with credentials of this account may have both from their own policies.
    needed = is_public(url) or any(_grants_url(each) for each in granted)
    if is_public(url) and not first:
        yield _finding(INVOKE_URL, "functionUrlAuthType NONE")
    if needed and not second:
        yield _finding(INVOKE, "invokedViaFunctionUrl true")


def _may_grant(permission: Resource, action: str) -> bool:
    found = lookup(permission.properties, "action")
    if action == INVOKE and lookup(permission.properties, "invokedViaFunctionUrl") in (None, False):
        return found is UNKNOWN and lookup(permission.properties, "functionUrlAuthType") is None
    return found in (action, UNKNOWN)


def _grants_url(permission: Resource) -> bool:
    return lookup(permission.properties, "action") == INVOKE_URL


def _finding(action: str, condition: str) -> Finding:
    return Finding(
        property="functionName",
        value=f"a function without a permission for {action} through its URL",
        allowed=f"permissions for {INVOKE_URL} and for {INVOKE}",
        why="Lambda answers every call of a new URL with 403 Forbidden unless both are granted",
        fix=f"Add a Permission for {action} with {condition}, and make it before the URL",
    )


RULE = StackRule(
    name="function-url-permissions",
    description="A URL's function grants both lambda:InvokeFunctionUrl and lambda:InvokeFunction through the URL.",
    remediation="Add two Permissions: one with function_url_auth_type, one with invoked_via_function_url=True.",
    check=_check,
)

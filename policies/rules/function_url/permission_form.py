"""A permission's conditions on URLs fit its action."""

from collections.abc import Iterable, Iterator

from policies.rules.finding import Finding
from policies.rules.function_url.url import INVOKE, INVOKE_URL
from policies.rules.lambda_function.functions.function import PERMISSION, is_set
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup, text

REJECTION = "Lambda rejects the permission with InvalidParameterValueException"


def _check(permission: Resource) -> Iterable[Finding]:
    return _findings(permission)


def _findings(permission: Resource) -> Iterator[Finding]:
    action = text(permission.properties, "action")
    if action is None:
        return
    if action == INVOKE_URL and lookup(permission.properties, "functionUrlAuthType") is None:
        yield Finding(
            property="functionUrlAuthType",
            value="unset",
            allowed=f"AWS_IAM or NONE with {INVOKE_URL}",
            why="Without it the permission holds for no URL, or for one of any kind",
            fix="Set it to the URL's authorizationType",
        )
    if action != INVOKE_URL and is_set(permission, "functionUrlAuthType"):
        yield _misplaced("functionUrlAuthType", action, INVOKE_URL)
    if action != INVOKE and lookup(permission.properties, "invokedViaFunctionUrl") is True:
        yield _misplaced("invokedViaFunctionUrl", action, INVOKE)


def _misplaced(field: str, action: str, only: str) -> Finding:
    return Finding(
        property=field,
        value=f"set with {action}",
        allowed=f"only with {only}",
        why=REJECTION,
        fix=f"Write one permission for {INVOKE_URL} with functionUrlAuthType and one for {INVOKE} with "
        "invokedViaFunctionUrl",
    )


RULE = ResourceRule(
    name="function-url-permission-form",
    description="functionUrlAuthType is set with lambda:InvokeFunctionUrl, invokedViaFunctionUrl with InvokeFunction.",
    remediation="Write two permissions, each with its own condition.",
    types=frozenset({PERMISSION}),
    check=_check,
)

"""Permissions of a public URL, which another rule rejects, so that no case of one rule alone can have it."""

from policies.rules.function_url.permissions import RULE
from policies.rules.function_url.url import FUNCTION_URL, INVOKE, INVOKE_URL
from policies.rules.lambda_function.functions.function import FUNCTION, PERMISSION
from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN

FUNCTION_RESOURCE = Resource(FUNCTION, "gateway", "urn:gateway", {"name": "gateway"})
FIRST: dict[str, object] = {"action": INVOKE_URL, "functionUrlAuthType": "NONE"}
SECOND: dict[str, object] = {"action": INVOKE, "invokedViaFunctionUrl": True}


def missing(*permissions: dict[str, object], authorization: str = "NONE") -> list[str]:
    url = Resource(FUNCTION_URL, "url", "urn:url", {"functionName": "gateway", "authorizationType": authorization})
    granted = [
        Resource(PERMISSION, f"permission-{index}", f"urn:permission-{index}", {"function": "gateway", **properties})
        for index, properties in enumerate(permissions)
    ]
    stack = Stack((FUNCTION_RESOURCE, url, *granted))
    return [finding.value.split()[6] for _, finding in RULE.check(stack)]


def test_public_url_needs_both() -> None:
    assert missing() == [INVOKE_URL, INVOKE]
    assert missing(FIRST) == [INVOKE]
    assert missing(SECOND) == [INVOKE_URL]
    assert missing(FIRST, SECOND) == []


def test_callers_with_credentials_may_have_theirs_elsewhere() -> None:
    assert missing(authorization="AWS_IAM") == []
    assert missing(SECOND, authorization="AWS_IAM") == []
    assert missing({**FIRST, "functionUrlAuthType": "AWS_IAM"}, authorization="AWS_IAM") == [INVOKE]


def test_permission_of_unknown_action_may_be_the_one_that_is_missing() -> None:
    assert missing(FIRST, {"action": UNKNOWN}) == []
    assert missing(FIRST, {**SECOND, "action": UNKNOWN}) == []
    assert missing(FIRST, {**SECOND, "function": UNKNOWN}) == []

"""Which function an integration or an authorizer calls, and whether it may."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from policies.rules.api_gateway.api import AUTHORIZER, INTEGRATION, REST_AUTHORIZER, REST_INTEGRATION
from policies.rules.lambda_function.functions.function import FUNCTION, PERMISSION
from policies.rules.references import companions, refers
from policies.rules.rule import Resource, Stack
from policies.rules.values import lookup, text

_FUNCTION_ARN: Final = re.compile(r"(?P<arn>arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d*:function:[A-Za-z0-9-_]+)")
URI: Final = {
    INTEGRATION: "integrationUri",
    REST_INTEGRATION: "uri",
    AUTHORIZER: "authorizerUri",
    REST_AUTHORIZER: "authorizerUri",
}
"""The property that names what is called, by the type of the caller."""


def function_called(stack: Stack, caller: Resource) -> Resource | None:
    """The function of the stack that an integration or an authorizer calls; None where it calls none, or that is not
    known."""
    prop = URI[caller.type]
    uri = lookup(caller.properties, prop)
    match = _FUNCTION_ARN.search(uri) if isinstance(uri, str) else None
    value = match["arn"] if match else uri
    found = [each for each in stack.of_type(FUNCTION) if refers(caller, prop, value, each)]
    return found[0] if len(found) == 1 else None


def unpermitted(
    stack: Stack, credentials: Mapping[str, str], permits: Callable[[Resource, Resource], bool]
) -> Iterator[tuple[Resource, Resource]]:
    """Each caller, of a type that `credentials` has, whose function gives it no permission, with the function. A caller
    with a role, which stands in that property of its type, needs none; `permits` gets a permission of the function
    and the caller."""
    for kind, role in credentials.items():
        for caller in stack.of_type(kind):
            function = function_called(stack, caller)
            if function is None or lookup(caller.properties, role) is not None:
                continue
            granted = companions(stack, (PERMISSION,), "function", function)
            if not granted.uncertain and not any(permits(permission, caller) for permission in granted.known):
                yield caller, function


def calls_lambda(integration: Resource) -> bool:
    """Whether it is known to call a function, of this stack or of another."""
    uri = text(integration.properties, URI[integration.type])
    return uri is not None and _FUNCTION_ARN.search(uri) is not None

"""Which function an integration or an authorizer calls."""

import re
from typing import Final

from policies.rules.api_gateway.api import AUTHORIZER, INTEGRATION, REST_AUTHORIZER, REST_INTEGRATION
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.references import refers
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


def calls_lambda(integration: Resource) -> bool:
    """Whether it is known to call a function, of this stack or of another."""
    uri = text(integration.properties, URI[integration.type])
    return uri is not None and _FUNCTION_ARN.search(uri) is not None

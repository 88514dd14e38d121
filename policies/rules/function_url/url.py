"""What the rules need to know about a function's URL."""

from typing import Final

from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.references import referred
from policies.rules.rule import Resource, Stack
from policies.rules.values import lookup, text

FUNCTION_URL: Final = "aws:lambda/functionUrl:FunctionUrl"
INVOKE_URL: Final = "lambda:InvokeFunctionUrl"
INVOKE: Final = "lambda:InvokeFunction"


def function_of(stack: Stack, url: Resource) -> Resource | None:
    """Returns the function of a URL; None where that is no function of the stack, or not known."""
    return referred(url, "functionName", lookup(url.properties, "functionName"), stack.of_type(FUNCTION))


def streams_answers(url: Resource) -> bool:
    return text(url.properties, "invokeMode") == "RESPONSE_STREAM"


def is_public(url: Resource) -> bool:
    return text(url.properties, "authorizationType") == "NONE"

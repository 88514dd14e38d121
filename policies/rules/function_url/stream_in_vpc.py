"""A URL that streams does not lead into a VPC."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.function_url.url import FUNCTION_URL, function_of, streams_answers
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.values import members


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for url in stack.of_type(FUNCTION_URL):
        function = function_of(stack, url) if streams_answers(url) else None
        if function is None or not members(function.properties, "vpcConfig", "subnetIds"):
            continue
        yield (
            url,
            Finding(
                property="invokeMode",
                value=f"RESPONSE_STREAM for '{function.name}', which is in a VPC",
                allowed="BUFFERED, or a function outside a VPC",
                why="A function's URL does not stream inside a VPC: the answer arrives whole",
                fix="Take the function out of the VPC, or call InvokeWithResponseStream through an interface endpoint",
            ),
        )


RULE = StackRule(
    name="function-url-stream-in-vpc",
    description="A URL with RESPONSE_STREAM does not lead to a function in a VPC.",
    remediation="Leave vpc_config out, or stream over a WebSocket.",
    severity=Severity.ADVISORY,
    check=_check,
)

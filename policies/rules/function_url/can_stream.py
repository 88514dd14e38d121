"""A URL that streams has a function that can."""

from collections.abc import Iterable

from policies.rules.aws_limits.lambda_runtimes import STREAMING_FAMILIES
from policies.rules.finding import Finding
from policies.rules.function_url.url import FUNCTION_URL, function_of, streams_answers
from policies.rules.lambda_function.functions.function import EXEC_WRAPPER, ZIP, is_set, package_type
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import text


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for url in stack.of_type(FUNCTION_URL):
        function = function_of(stack, url) if streams_answers(url) else None
        if function is None or package_type(function) != ZIP:
            continue
        runtime = text(function.properties, "runtime")
        if runtime is None or runtime.startswith(STREAMING_FAMILIES):
            continue
        if not is_set(function, "environment", "variables", EXEC_WRAPPER):
            yield url, _finding(function, runtime)


def _finding(function: Resource, runtime: str) -> Finding:
    return Finding(
        property="invokeMode",
        value=f"RESPONSE_STREAM for '{function.name}', a zip on {runtime}",
        allowed="BUFFERED, or a function able to stream: Node.js, a custom runtime, or the web adapter",
        why=f"The managed client of {runtime} sends the answer as a whole: nothing arrives before the agent has ended",
        fix=f"Set {EXEC_WRAPPER} to the web adapter or to an own runtime loop, or stream over a WebSocket",
    )


RULE = StackRule(
    name="function-url-can-stream",
    description="A URL with RESPONSE_STREAM leads to a function that can stream, which a Python zip alone cannot.",
    remediation="Add the Lambda Web Adapter, use an image with it, or leave invoke_mode at BUFFERED.",
    check=_check,
)

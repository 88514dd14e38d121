"""An agent's work is never repeated blindly."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_ASYNC_RETRIES
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import EVENT_INVOKE_CONFIG, FUNCTION, streams
from policies.rules.references import companions
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import format_number, lookup

RETRIES = "maximumRetryAttempts"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for function in stack.of_type(FUNCTION):
        if not streams(function):
            continue
        configured = companions(stack, (EVENT_INVOKE_CONFIG,), "functionName", function)
        if configured.missing:
            yield function, _finding("2 (there is no event invoke configuration)")
        for configuration in configured.known:
            retries = lookup(configuration.properties, RETRIES)
            if retries is None:
                yield configuration, _finding("unset (Lambda's default of 2)")
            elif isinstance(retries, int | float) and retries != 0 and LAMBDA_ASYNC_RETRIES.allows(retries):
                yield configuration, _finding(format_number(retries))


def _finding(value: str) -> Finding:
    return Finding(
        property=RETRIES,
        value=value,
        allowed="0 for a function that streams an agent's answer",
        why="Lambda runs a failed call again: the agent asks, pays and calls its tools a second time",
        fix="Set maximumRetryAttempts to 0 in a FunctionEventInvokeConfig; who asked decides on another run",
    )


RULE = StackRule(
    name="lambda-function-worker-retries",
    description="A function that streams an agent's answer is never called again by Lambda after a failure.",
    remediation="Add a FunctionEventInvokeConfig with maximum_retry_attempts=0.",
    check=_check,
)

"""An asynchronous call that fails for good is reported."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.asynchronous import asynchronous_caller
from policies.rules.lambda_function.functions.function import EVENT_INVOKE_CONFIG, FUNCTION, is_set
from policies.rules.references import companions
from policies.rules.rule import Resource, Stack, StackRule


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for function in stack.of_type(FUNCTION):
        caller = asynchronous_caller(stack, function)
        if caller is not None and not _is_reported(stack, function):
            yield (
                function,
                Finding(
                    property="deadLetterConfig",
                    value="unset, and no event invoke configuration names a failure destination",
                    allowed=f"a queue or topic for what fails, since {caller} calls it asynchronously",
                    why="Lambda drops an event after its last try: the run never ends, and no error is reported",
                    fix="Declare a FunctionEventInvokeConfig with an onFailure destination to which the role may send",
                ),
            )


def _is_reported(stack: Stack, function: Resource) -> bool:
    """Whether there is, or may be, a failure destination."""
    if is_set(function, "deadLetterConfig"):
        return True
    configured = companions(stack, (EVENT_INVOKE_CONFIG,), "functionName", function)
    configured_somewhere = any(is_set(each, "destinationConfig", "onFailure") for each in configured.known)
    return configured_somewhere or configured.uncertain


RULE = StackRule(
    name="lambda-function-failure-destination",
    description="A function that is called asynchronously has a dead-letter queue or a failure destination.",
    remediation="Add a FunctionEventInvokeConfig with destination_config on_failure.",
    check=_check,
)

"""The web adapter passes the failure of an asynchronous event on to Lambda."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.function_url.adapter_mode import ADAPTER_MODE
from policies.rules.lambda_function.functions.asynchronous import asynchronous_caller
from policies.rules.lambda_function.functions.function import FUNCTION, is_set
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup

ERROR_STATUSES: Final = "AWS_LWA_ERROR_STATUS_CODES"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for function in stack.of_type(FUNCTION):
        adapted = lookup(function.properties, "environment", "variables", ADAPTER_MODE) is not None
        caller = asynchronous_caller(stack, function) if adapted else None
        if caller is None or is_set(function, "environment", "variables", ERROR_STATUSES):
            continue
        yield (
            function,
            Finding(
                property=f"environment.variables.{ERROR_STATUSES}",
                value="unset",
                allowed=f"a status that the application sends for a failed event, since {caller} calls it "
                "asynchronously",
                why="The adapter reports every answer as a success: Lambda neither repeats a failed event nor sends it "
                "to the failure destination, and the run never ends",
                fix=f"Set {ERROR_STATUSES} to a status that no HTTP request gets, such as 599, and answer a failed "
                "event with it",
            ),
        )


RULE = StackRule(
    name="function-url-adapter-errors",
    description="A function behind the web adapter that is called asynchronously names the statuses of failures.",
    remediation="Set AWS_LWA_ERROR_STATUS_CODES.",
    check=_check,
)

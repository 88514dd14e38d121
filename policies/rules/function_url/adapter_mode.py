"""The web adapter answers as the URL listens."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.function_url.url import FUNCTION_URL, function_of
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup, text

ADAPTER_MODE: Final = "AWS_LWA_INVOKE_MODE"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for url in stack.of_type(FUNCTION_URL):
        function = function_of(stack, url)
        mode = lookup(url.properties, "invokeMode") or "BUFFERED"
        stated = None if function is None else text(function.properties, "environment", "variables", ADAPTER_MODE)
        if function is None or stated is None or not isinstance(mode, str) or stated.upper() == mode:
            continue
        yield (
            function,
            Finding(
                property=f"environment.variables.{ADAPTER_MODE}",
                value=stated,
                allowed=f"{mode.lower()}, since the URL '{url.name}' has {mode}",
                why="The adapter answers in a form that the URL does not read: callers get its envelope, or nothing",
                fix=f"Set {ADAPTER_MODE} to {mode.lower()}, or the URL's invokeMode to {stated.upper()}",
            ),
        )


RULE = StackRule(
    name="function-url-adapter-mode",
    description="AWS_LWA_INVOKE_MODE of the web adapter equals the invoke mode of the URL.",
    remediation="Set both from one value.",
    check=_check,
)

"""A function runs on the CPU that its package was built for."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.lambda_function.functions.package import package_of
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup

_DEFAULT: Final = "x86_64"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for function in stack.of_type(FUNCTION):
        given = lookup(function.properties, "architectures")
        stated = given[0] if isinstance(given, list) and len(given) == 1 else _DEFAULT if given is None else None
        package = package_of(stack, function) if isinstance(stated, str) else None
        built = None if package is None else package.architecture()
        if built is not None and built != stated:
            yield (
                function,
                Finding(
                    property="architectures",
                    value=f"unset (Lambda's default of {_DEFAULT})" if given is None else str(stated),
                    allowed=f"{built}, which the package was built for",
                    why="Compiled dependencies of another CPU fail at each start with Runtime.ImportModuleError",
                    fix=f"Set architectures to {built}, or build the package for {stated}",
                ),
            )


RULE = StackRule(
    name="lambda-function-architecture-of-package",
    description="A function's architecture is the one that its package was built for.",
    remediation="Take both from the same setting, longrun:architecture.",
    check=_check,
)

"""A function runs the Python that its package was built for."""

from collections.abc import Iterable

from policies.rules.aws_limits.lambda_runtimes import RETIRED
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.lambda_function.functions.package import package_of
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import text


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for function in stack.of_type(FUNCTION):
        runtime = text(function.properties, "runtime")
        # What is retired is rejected whatever the package was built for, and has its own rule.
        judged = runtime is not None and runtime.startswith("python") and runtime not in RETIRED
        package = package_of(stack, function) if judged else None
        built = None if package is None else package.python_version()
        if built is not None and runtime is not None and runtime != f"python{built}":
            yield (
                function,
                Finding(
                    property="runtime",
                    value=runtime,
                    allowed=f"python{built}, which the package was built for",
                    why="Compiled dependencies of another Python fail at each start with Runtime.ImportModuleError",
                    fix=f"Set runtime to python{built}, or build the package for {runtime}",
                ),
            )


RULE = StackRule(
    name="lambda-function-runtime-of-package",
    description="A function's runtime is the Python that its package was built for.",
    remediation="Take both from the same setting, longrun:pythonVersion.",
    check=_check,
)

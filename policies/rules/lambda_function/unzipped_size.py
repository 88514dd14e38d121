"""A package within 250 MB when it is unpacked, wherever its zip comes from."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_UNZIPPED
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.lambda_function.functions.package import package_of
from policies.rules.rule import Resource, Stack, StackRule

_MB = 1024 * 1024


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for function in stack.of_type(FUNCTION):
        package = package_of(stack, function)
        if package is None:
            continue
        unpacked = sum(package.sizes.values())
        if not LAMBDA_UNZIPPED.allows(unpacked):
            yield (
                function,
                Finding(
                    property=package.property,
                    value=f"a package of {unpacked // _MB:,} MB when it is unpacked",
                    allowed=f"{LAMBDA_UNZIPPED.maximum // _MB} MB, with all layers",
                    why="Lambda rejects the function with InvalidParameterValueException, after the upload",
                    fix="Leave out what the runtime has (boto3) and what is not imported, or use a container image",
                ),
            )


RULE = StackRule(
    name="lambda-function-unzipped-size",
    description="A function's package has 250 MB at most when it is unpacked.",
    remediation="Look at the largest parts in the package's manifest.json, and leave out what is not imported.",
    check=_check,
)

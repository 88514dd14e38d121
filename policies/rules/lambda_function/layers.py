"""Five layers at most."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_LAYERS
from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import members


def _check(function: Resource) -> Iterable[Finding]:
    layers = members(function.properties, "layers")
    if LAMBDA_LAYERS.allows(len(layers)):
        return []
    finding = Finding(
        property="layers",
        value=str(len(layers)),
        allowed=f"{LAMBDA_LAYERS.maximum} layers at most",
        why="Lambda refuses the function with InvalidParameterValueException",
        fix="Put what the layers hold into the package, or fewer layers into one",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-layers",
    description="A function has five layers at most.",
    remediation="Build dependencies into the package (components.python_package) instead of layers.",
    types=frozenset({FUNCTION}),
    check=_check,
)

"""A zip has no image's fields, an image none of a zip's."""

from collections.abc import Iterable, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, IMAGE, ZIP, is_set, package_type
from policies.rules.rule import Resource, ResourceRule

FOREIGN: Final[Mapping[str, tuple[str, ...]]] = {
    IMAGE: ("handler", "runtime", "layers", "code", "s3Bucket", "s3Key"),
    ZIP: ("imageUri", "imageConfig"),
}
"""What Lambda rejects with a package type."""

_FIXES: Final = {
    IMAGE: "Remove it: an image brings its own (CMD, ENTRYPOINT or imageConfig)",
    ZIP: "Set packageType to Image, or remove it",
}


def _check(function: Resource) -> Iterable[Finding]:
    kind = package_type(function)
    return [
        Finding(
            property=field,
            value=f"set for a function of package type {kind}",
            allowed=f"nothing with package type {kind}",
            why="Lambda rejects the function with InvalidParameterValueException",
            fix=_FIXES[str(kind)],
        )
        for field in FOREIGN.get(str(kind), ())
        if is_set(function, field)
    ]


RULE = ResourceRule(
    name="lambda-function-package-type",
    description="A function of package type Image has no handler, runtime, layers or zip; one of type Zip no image.",
    remediation="Set package_type to what is deployed, and only that type's arguments.",
    types=frozenset({FUNCTION}),
    check=_check,
)

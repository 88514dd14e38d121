"""Everything that Lambda needs to find and start the code."""

from collections.abc import Iterable, Iterator

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, IMAGE, ZIP, is_set, package_type
from policies.rules.rule import Resource, ResourceRule


def _check(function: Resource) -> Iterable[Finding]:
    kind = package_type(function)
    return [_finding(kind, field, allowed) for field, allowed in _missing(function, kind)]


def _missing(function: Resource, kind: str | None) -> Iterator[tuple[str, str]]:
    """(property, what is allowed there)."""
    if kind == IMAGE and not is_set(function, "imageUri"):
        yield "imageUri", "the image's address in ECR"
    # An image's address with package type Zip is rejected for that, by the rule of package types.
    if kind != ZIP or is_set(function, "imageUri"):
        return
    if not is_set(function, "handler"):
        yield "handler", "module.function, for example runtime.gateway.function.handler"
    if not is_set(function, "runtime"):
        yield "runtime", "a runtime of Lambda, for example python3.13"
    if not (is_set(function, "code") or is_set(function, "s3Key")):
        yield "code", "an archive, or s3Bucket and s3Key"


def _finding(kind: str | None, field: str, allowed: str) -> Finding:
    return Finding(
        property=field,
        value="unset",
        allowed=allowed,
        why=f"Lambda rejects a function of package type {kind} without it (InvalidParameterValueException)",
        fix=f"Set {field}",
    )


RULE = ResourceRule(
    name="lambda-function-package-complete",
    description="A function of package type Zip has a handler, a runtime and code; one of type Image has an image.",
    remediation="Pass handler, runtime and code (or s3_bucket and s3_key), or package_type Image and image_uri.",
    types=frozenset({FUNCTION}),
    check=_check,
)

"""SnapStart only where Lambda has it, and so that it takes effect."""

from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.aws_limits import LAMBDA_EPHEMERAL_STORAGE
from policies.rules.aws_limits.lambda_runtimes import SNAP_START
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, IMAGE, is_set, package_type
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import format_number, number, text

PUBLISHED_VERSIONS: Final = "PublishedVersions"
REJECTION: Final = "Lambda rejects the function with InvalidParameterValueException"


def _check(function: Resource) -> Iterable[Finding]:
    on = text(function.properties, "snapStart", "applyOn") == PUBLISHED_VERSIONS
    return [_finding(*obstacle) for obstacle in _obstacles(function)] if on else []


def _obstacles(function: Resource) -> Iterator[tuple[str, str, str]]:
    """(property, value, allowed)."""
    runtime = text(function.properties, "runtime")
    if package_type(function) == IMAGE:
        yield "snapStart.applyOn", f"{PUBLISHED_VERSIONS} for an image", "a function of package type Zip"
    elif runtime is not None and runtime not in SNAP_START:
        yield "snapStart.applyOn", f"{PUBLISHED_VERSIONS} with {runtime}", "Python from 3.12, Java from 11, .NET from 8"
    storage = number(function.properties, "ephemeralStorage", "size")
    if storage is not None and LAMBDA_EPHEMERAL_STORAGE.minimum < storage <= LAMBDA_EPHEMERAL_STORAGE.maximum:
        yield "ephemeralStorage.size", format_number(storage), f"{LAMBDA_EPHEMERAL_STORAGE.minimum} MB with SnapStart"
    if is_set(function, "fileSystemConfig"):
        yield "fileSystemConfig", "set", "nothing with SnapStart"


def _finding(prop: str, value: str, allowed: str) -> Finding:
    return Finding(
        property=prop, value=value, allowed=allowed, why=REJECTION, fix="Leave snapStart out, or change this"
    )


RULE = ResourceRule(
    name="lambda-function-snap-start",
    description="SnapStart is used where Lambda supports it: zips of newer runtimes, 512 MB of /tmp, no file system.",
    remediation="Leave snap_start out, or use a runtime that supports it.",
    types=frozenset({FUNCTION}),
    check=_check,
)

"""An image's configuration is given whole or not at all."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, is_set
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, lookup

FIELDS: Final = ("entryPoints", "commands", "workingDirectory")


def _check(function: Resource) -> Iterable[Finding]:
    if lookup(function.properties, "imageConfig") in (None, UNKNOWN):
        return []
    return [
        Finding(
            property=f"imageConfig.{field}",
            value="unset",
            allowed="all of entryPoints, commands and workingDirectory, or no imageConfig",
            why="A part that is left out falls back to the image's own, and the combination fails at each start with "
            "Runtime.InvalidEntrypoint: ProcessSpawnFailed",
            fix="Set all three, or leave imageConfig out and let the Dockerfile set it",
        )
        for field in FIELDS
        if not is_set(function, "imageConfig", field)
    ]


RULE = ResourceRule(
    name="lambda-function-image-config-complete",
    description="imageConfig of a function has entry points, commands and a working directory, or is left out.",
    remediation="Set all three together, or put ENTRYPOINT, CMD and WORKDIR into the Dockerfile.",
    types=frozenset({FUNCTION}),
    check=_check,
)

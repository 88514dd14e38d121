"""An image for Lambda has no attestations."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.container_image.image import BUILDX_IMAGE, raw_exports
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, IMAGE, package_type
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import UNKNOWN, lookup, text

COMMAND: Final = "command:local:Command"
WITHOUT: Final = "BUILDX_NO_DEFAULT_ATTESTATIONS"
_BUILDS: Final = re.compile(r"\bdocker\s+(?:buildx\s+)?build\b")
_PUSHES: Final = re.compile(r"--push\b|push=true|\bdocker\s+push\b")
_REJECTS: Final = re.compile(r"--provenance[ =]false|--attest[ =]type=provenance,disabled=true")


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    if not any(package_type(function) == IMAGE for function in stack.of_type(FUNCTION)):
        return
    for image in stack.of_type(BUILDX_IMAGE):
        for path, raw in raw_exports(image):
            if "attest" in raw:
                yield image, _finding(path, "an export that keeps attestations")
    for command in stack.of_type(COMMAND):
        for path in _attesting(command):
            yield command, _finding(path, "a build without --provenance=false")


def _attesting(command: Resource) -> Iterator[str]:
    """The properties of a command that build and push an image with the attestations that buildx adds by itself."""
    if lookup(command.properties, "environment") is UNKNOWN or lookup(command.properties, "environment", WITHOUT):
        return
    for path in ("create", "update"):
        script = text(command.properties, path)
        builds = script is not None and _BUILDS.search(script) and _PUSHES.search(script)
        if script is not None and builds and not _REJECTS.search(script) and WITHOUT not in script:
            yield path


def _finding(path: str, value: str) -> Finding:
    return Finding(
        property=path,
        value=value,
        allowed="an image without attestations, since a function of the stack runs one",
        why="Attestations make an OCI index of the image, which Lambda rejects: 'image manifest ... not supported'",
        fix=f"Build with --provenance=false --sbom=false, or with {WITHOUT}=1",
    )


RULE = StackRule(
    name="container-image-attestations",
    description="Images for functions are built without provenance and other attestations.",
    remediation="Add --provenance=false --sbom=false to docker build.",
    check=_check,
)

"""An image that a function runs is pushed to its registry."""

from collections.abc import Iterable

from policies.rules.container_image.image import BUILDX_IMAGE, DOCKER_IMAGE
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    run = {urn for function in stack.of_type(FUNCTION) for urn in function.dependencies.get("imageUri", ())}
    for image in stack.of_type(BUILDX_IMAGE):
        # Exports define where the image goes.
        exported = lookup(image.properties, "exports") not in (None, [])
        if image.urn in run and not exported and lookup(image.properties, "push") in (None, False):
            yield image, _finding("push", "true")
    for image in stack.of_type(DOCKER_IMAGE):
        if image.urn in run and lookup(image.properties, "skipPush") is True:
            yield image, _finding("skipPush", "false")


def _finding(prop: str, allowed: str) -> Finding:
    return Finding(
        property=prop,
        value="unset" if prop == "push" else "true",
        allowed=f"{allowed} for an image that a function runs",
        why="The image stays where it was built, and Lambda rejects the function: source image does not exist",
        fix=f"Set {prop} to {allowed}",
    )


RULE = StackRule(
    name="container-image-pushed",
    description="An image that a function runs is pushed.",
    remediation="Set push=True.",
    check=_check,
)

"""An image of a runtime is for the CPU that AgentCore has."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.agentcore.runtime import ARTIFACT, IMAGE_URI, RUNTIME, image_of
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import members

BUILT_IMAGE: Final = "docker-build:index:Image"
PLATFORM: Final = "linux/arm64"
_OTHER_CPU: Final = re.compile(r"(?:^|[^a-z0-9])(?:amd64|x86[_-]?64|x64)(?:$|[^a-z0-9])", re.IGNORECASE)
_FAILURE: Final = "AgentCore runs ARM64 only and rejects the image, or each session fails with exec format error"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    images = {image.urn: image for image in stack.of_type(BUILT_IMAGE)}
    for runtime in stack.of_type(RUNTIME):
        address = image_of(runtime)
        if address is not None and _OTHER_CPU.search(address.partition("/")[2]):
            yield runtime, _finding(IMAGE_URI, repr(address[:200]))
        for image in {urn: images[urn] for urn in runtime.dependencies.get(ARTIFACT, ()) if urn in images}.values():
            yield from ((image, finding) for finding in _built_findings(image))


def _built_findings(image: Resource) -> Iterator[Finding]:
    platforms = members(image.properties, "platforms")
    if platforms and all(isinstance(platform, str) for platform in platforms) and PLATFORM not in platforms:
        yield _finding("platforms", ", ".join(map(str, platforms)))


def _finding(prop: str, value: str) -> Finding:
    return Finding(
        property=prop,
        value=value,
        allowed=f"an image for {PLATFORM}",
        why=_FAILURE,
        fix=f"Build the image with platforms: [{PLATFORM}]",
    )


RULE = StackRule(
    name="agentcore-runtime-image-arm64",
    description="The image of an AgentCore runtime is built for linux/arm64.",
    remediation="Build the image with platforms: [linux/arm64].",
    check=_check,
)

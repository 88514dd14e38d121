"""An image is built for one stated platform."""

from collections.abc import Iterable

from policies.rules.container_image.image import IMAGES, platform_property, platforms
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule


def _check(image: Resource) -> Iterable[Finding]:
    stated = platforms(image)
    if stated is None or stated:
        return []
    finding = Finding(
        property=platform_property(image),
        value="unset (the CPU of the machine that builds)",
        allowed="linux/arm64 or linux/amd64",
        why="Built on another machine the image has another CPU, and every start fails with a spawn error",
        fix="State the platform of the function or the runtime that runs it",
    )
    return [finding]


RULE = ResourceRule(
    name="container-image-platform-stated",
    description="An image states the platform that it is built for.",
    remediation='Set platforms=["linux/arm64"].',
    types=frozenset(IMAGES),
    check=_check,
)

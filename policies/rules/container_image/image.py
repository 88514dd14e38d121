"""What the rules need to know about images and repositories."""

from typing import Final

from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN, lookup, members, text

REPOSITORY: Final = "aws:ecr/repository:Repository"
REPOSITORY_POLICY: Final = "aws:ecr/repositoryPolicy:RepositoryPolicy"
LIFECYCLE_POLICY: Final = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
BUILDX_IMAGE: Final = "docker-build:index:Image"
DOCKER_IMAGE: Final = "docker:index/image:Image"
IMAGES: Final = (BUILDX_IMAGE, DOCKER_IMAGE)

ARCHITECTURES: Final = {"linux/arm64": "arm64", "linux/arm64/v8": "arm64", "linux/amd64": "x86_64"}
"""A platform in Docker's words, and the architecture in Lambda's."""

LINUX: Final = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}


def platforms(image: Resource) -> list[object] | None:
    """Returns the platforms an image is built for, empty where none is set; None where that is not known."""
    if image.type == DOCKER_IMAGE:
        platform = lookup(image.properties, "build", "platform")
        return None if platform is UNKNOWN else [platform] * (platform is not None)
    stated = lookup(image.properties, "platforms")
    if stated is None or isinstance(stated, list):
        found = members(image.properties, "platforms")
        return None if UNKNOWN in found else found
    return None


def platform_property(image: Resource) -> str:
    return "build.platform" if image.type == DOCKER_IMAGE else "platforms"


def raw_exports(image: Resource) -> list[tuple[str, str]]:
    """(path, text) of the exports that are written in buildx's own form."""
    found = [
        (f"exports[{index}].raw", text(export, "raw"))
        for index, export in enumerate(members(image.properties, "exports"))
        if isinstance(export, dict)
    ]
    return [(path, raw) for path, raw in found if raw is not None]

"""Rules about container images that demand one value of one property."""

from typing import Final

from policies.rules.accepted_values import is_on, other_than
from policies.rules.container_image.image import BUILDX_IMAGE, DOCKER_IMAGE, REPOSITORY
from policies.rules.required_value import RequiredValue, rules_of
from policies.rules.rule import Severity


def _keeps_tags(mutability: object) -> bool:
    return not (mutability is None or isinstance(mutability, str)) or str(mutability).startswith("IMMUTABLE")


RULES: Final = rules_of(
    RequiredValue(
        name="container-image-platform-stated",
        types=[BUILDX_IMAGE, DOCKER_IMAGE],
        property={BUILDX_IMAGE: "platforms", DOCKER_IMAGE: "build.platform"},
        accepts=other_than(None, []),
        value="unset (the CPU of the machine that builds)",
        allowed="linux/arm64 or linux/amd64",
        why="Built on another machine the image has another CPU, and every start fails with a spawn error",
        fix="State the platform of the function or the runtime that runs it",
        description="An image states the platform that it is built for.",
        remediation='Set platforms=["linux/arm64"].',
    ),
    RequiredValue(
        name="container-image-tags-immutable",
        types=[REPOSITORY],
        property="imageTagMutability",
        accepts=_keeps_tags,
        value=lambda mutability: str(mutability or "unset (MUTABLE)"),
        allowed="IMMUTABLE",
        why="A push may move the tag of an image that runs: its tag no longer identifies what is deployed",
        fix="Set imageTagMutability to IMMUTABLE and tag each build by its content",
        description="Tags of a repository cannot be moved to another image.",
        remediation="Set image_tag_mutability to IMMUTABLE.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="container-image-repository-scanned",
        types=[REPOSITORY],
        property="imageScanningConfiguration.scanOnPush",
        accepts=is_on,
        value="unset (false)",
        allowed="true, or an exception where the registry scans",
        why="Known vulnerabilities in the image's packages are deployed without notice",
        fix="Set scanOnPush to true",
        description="A repository scans images when they are pushed.",
        remediation='Set image_scanning_configuration={"scan_on_push": True}.',
        severity=Severity.ADVISORY,
    ),
)

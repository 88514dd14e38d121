"""A tag names one image for ever."""

from collections.abc import Iterable

from policies.rules.container_image.image import REPOSITORY
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup


def _check(repository: Resource) -> Iterable[Finding]:
    mutability = lookup(repository.properties, "imageTagMutability")
    if not (mutability is None or isinstance(mutability, str)) or str(mutability).startswith("IMMUTABLE"):
        return []
    finding = Finding(
        property="imageTagMutability",
        value=mutability or "unset (MUTABLE)",
        allowed="IMMUTABLE",
        why="A push may move the tag of an image that runs: what is deployed can no longer be told by its tag",
        fix="Set imageTagMutability to IMMUTABLE and tag each build by its content",
    )
    return [finding]


RULE = ResourceRule(
    name="container-image-tags-immutable",
    description="Tags of a repository cannot be moved to another image.",
    remediation="Set image_tag_mutability to IMMUTABLE.",
    severity=Severity.ADVISORY,
    types=frozenset({REPOSITORY}),
    check=_check,
)

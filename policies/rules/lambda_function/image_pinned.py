"""An image that stays the one that was tried: never `latest`."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text


def _check(function: Resource) -> Iterable[Finding]:
    image = text(function.properties, "imageUri")
    if image is None or not image.endswith(":latest"):
        return []
    finding = Finding(
        property="imageUri",
        value=image,
        allowed="a digest, or a tag that is given once",
        why="Lambda resolves a tag once: a new image under the same tag is not deployed, nor can one tell which runs",
        fix="Pass repositoryUrl@digest of the image that was built",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-image-pinned",
    description="No function's image is tagged latest.",
    remediation="Name the image by its digest.",
    types=frozenset({FUNCTION}),
    check=_check,
)

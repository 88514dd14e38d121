"""An image's address in one of the two forms that Lambda reads."""

import re
from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text

_DIGEST: Final = r"sha256:[0-9a-f]{64}"
_ADDRESS: Final = re.compile(
    rf"\d{{12}}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/[a-z0-9._/-]+(?::[\w.-]{{1,128}}|@{_DIGEST})"
)
_BOTH: Final = re.compile(rf"[^@]+:[\w.-]+@{_DIGEST}")


def _check(function: Resource) -> Iterable[Finding]:
    image = text(function.properties, "imageUri")
    if image is None or not image or _ADDRESS.fullmatch(image):
        return []
    both = _BOTH.fullmatch(image) is not None
    finding = Finding(
        property="imageUri",
        value=image,
        allowed="an image of a private ECR repository of the region, as repository@digest or as repository:tag",
        why="Lambda refuses the function with InvalidParameterValueException: it reads no other registry and not both",
        fix="Join the repository's URL, @ and the image's digest; docker-build's ref has tag and digest in one"
        if both
        else "Push the image to ECR and pass repositoryUrl@digest",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-image-reference",
    description="A function's image is named as repository@digest or repository:tag of a private ECR repository.",
    remediation="Compose repository_url + '@' + digest instead of passing docker-build's ref.",
    types=frozenset({FUNCTION}),
    check=_check,
)

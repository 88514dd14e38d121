"""An image of a runtime is in ECR."""

import re
from collections.abc import Iterable

from policies.rules.agentcore.runtime import IMAGE_URI, REFUSED, RUNTIMES, image_of
from policies.rules.aws_limits.agentcore import IMAGE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule


def _check(runtime: Resource) -> Iterable[Finding]:
    image = image_of(runtime)
    if image is None or re.fullmatch(IMAGE, image):
        return []
    return [
        Finding(
            property=IMAGE_URI,
            value=repr(image[:200]),
            allowed="an image of ECR, private or public.ecr.aws, as repository:tag or repository@digest",
            why=REFUSED,
            fix="Push the image to ECR and pass repositoryUrl@digest",
        )
    ]


RULE = ResourceRule(
    name="agentcore-runtime-image-registry",
    description="The image of an AgentCore runtime is in ECR.",
    remediation="Push the image to ECR, and pass the repository's URL, @ and the digest.",
    types=RUNTIMES,
    check=_check,
)

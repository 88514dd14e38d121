"""An image of a runtime stays the one that was tried."""

from collections.abc import Iterable

from policies.rules.agentcore.runtime import IMAGE_URI, RUNTIMES, image_of
from policies.rules.finding import Finding
from policies.rules.image_address import is_pinned
from policies.rules.rule import Resource, ResourceRule


def _check(runtime: Resource) -> Iterable[Finding]:
    image = image_of(runtime)
    if image is None or is_pinned(image):
        return []
    return [
        Finding(
            property=IMAGE_URI,
            value=repr(image[:200]),
            allowed="a digest, or a tag that is given once",
            why="A version of the runtime keeps the image that its tag named then, and nobody can tell which that is",
            fix="Pass repositoryUrl@digest of the image that was built",
        )
    ]


RULE = ResourceRule(
    name="agentcore-runtime-image-pinned",
    description="The image of an AgentCore runtime has a digest, or a tag that is not latest.",
    remediation="Name the image by its digest.",
    types=RUNTIMES,
    check=_check,
)

"""An image of a container stays the one that was tried."""

from collections.abc import Iterable

from policies.rules.ecs.task import TASKS, containers
from policies.rules.finding import Finding
from policies.rules.image_address import is_pinned
from policies.rules.rule import Resource, ResourceRule


def _check(task: Resource) -> Iterable[Finding]:
    for container in containers(task):
        image = container.settings.get("image")
        if isinstance(image, str) and image and not is_pinned(image):
            yield Finding(
                property=f"{container.path}.image",
                value=repr(image[:200]),
                allowed="a digest, or a tag that is given once",
                why="Two tasks of one revision run different code, and an old revision cannot be restored",
                fix="Pass repositoryUrl@digest of the image that was built",
            )


RULE = ResourceRule(
    name="ecs-task-image-pinned",
    description="The image of a container has a digest, or a tag that is not latest.",
    remediation="Name the image by its digest.",
    types=TASKS,
    check=_check,
)

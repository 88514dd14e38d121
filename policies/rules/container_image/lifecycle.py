"""Old images leave the repository."""

from collections.abc import Iterable

from policies.rules.container_image.image import LIFECYCLE_POLICY, REPOSITORY
from policies.rules.finding import Finding
from policies.rules.references import companions
from policies.rules.rule import Resource, Severity, Stack, StackRule


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for repository in stack.of_type(REPOSITORY):
        if companions(stack, (LIFECYCLE_POLICY,), "repository", repository).missing:
            yield (
                repository,
                Finding(
                    property="lifecyclePolicy",
                    value="unset",
                    allowed="a LifecyclePolicy for the repository",
                    why="Every build leaves its image: at 20,000 the repository takes no more, and all are paid for",
                    fix="Add a LifecyclePolicy that expires untagged images",
                ),
            )


RULE = StackRule(
    name="container-image-lifecycle",
    description="A repository has a lifecycle policy.",
    remediation="Add an aws.ecr.LifecyclePolicy that expires untagged images.",
    severity=Severity.ADVISORY,
    check=_check,
)

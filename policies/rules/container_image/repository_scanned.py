"""Images are scanned when they are pushed."""

from collections.abc import Iterable

from policies.rules.container_image.image import REPOSITORY
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup


def _check(repository: Resource) -> Iterable[Finding]:
    if lookup(repository.properties, "imageScanningConfiguration", "scanOnPush") not in (None, False):
        return []
    finding = Finding(
        property="imageScanningConfiguration.scanOnPush",
        value="unset (false)",
        allowed="true, or an exception where the registry scans",
        why="Known holes in the image's packages are deployed without anybody being told",
        fix="Set scanOnPush to true",
    )
    return [finding]


RULE = ResourceRule(
    name="container-image-repository-scanned",
    description="A repository scans images when they are pushed.",
    remediation='Set image_scanning_configuration={"scan_on_push": True}.',
    severity=Severity.ADVISORY,
    types=frozenset({REPOSITORY}),
    check=_check,
)

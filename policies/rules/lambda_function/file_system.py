"""A file system is mounted below /mnt and reached through a VPC."""

from collections.abc import Iterable, Iterator

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, is_set
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text

REJECTION = "Lambda rejects the function with InvalidParameterValueException"


def _check(function: Resource) -> Iterable[Finding]:
    return _findings(function) if is_set(function, "fileSystemConfig") else []


def _findings(function: Resource) -> Iterator[Finding]:
    mount = text(function.properties, "fileSystemConfig", "localMountPath")
    if mount is not None and not mount.startswith("/mnt/"):
        yield Finding(
            property="fileSystemConfig.localMountPath",
            value=mount,
            allowed="a folder below /mnt",
            why=REJECTION,
            fix="Mount it for example at /mnt/data",
        )
    if not is_set(function, "vpcConfig"):
        yield Finding(
            property="vpcConfig",
            value="unset",
            allowed="the subnets of the file system's mount targets",
            why=REJECTION,
            fix="Set vpcConfig, or keep the files in S3",
        )


RULE = ResourceRule(
    name="lambda-function-file-system",
    description="A function's file system is mounted below /mnt, and the function is in a VPC.",
    remediation="Set local_mount_path below /mnt and vpc_config.",
    types=frozenset({FUNCTION}),
    check=_check,
)

"""Rules about Lambda functions that demand one value of one property."""

import re
from typing import Final

from policies.rules.accepted_values import is_filled, is_number, is_on, matching, text_that, within
from policies.rules.aws_limits import LAMBDA_DEFAULT_MEMORY, LAMBDA_EPHEMERAL_STORAGE, LAMBDA_LAYERS, LAMBDA_MEMORY
from policies.rules.aws_limits.lambda_runtimes import RETIRED, RETIRING, current_runtime
from policies.rules.aws_limits.partitions import SUFFIX
from policies.rules.foreign_names import service_of
from policies.rules.lambda_function.functions.function import (
    FUNCTION,
    IMAGE,
    PERMISSION,
    WORKER_MEMORY,
    is_set,
    package_type,
    streams,
)
from policies.rules.lambda_function.snap_start import PUBLISHED_VERSIONS
from policies.rules.required_value import RequiredValue, number, rules_of
from policies.rules.rule import Resource, Severity
from policies.rules.values import text

_DIGEST: Final = r"sha256:[0-9a-f]{64}"
_ADDRESS: Final = re.compile(
    rf"|\d{{12}}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:{SUFFIX}|on\.aws)/[a-z0-9._/-]+(?::[\w.-]{{1,128}}|@{_DIGEST})"
)
_TAG_AND_DIGEST: Final = re.compile(rf"[^@]+:[\w.-]+@{_DIGEST}")


def _image_fix(function: Resource) -> str:
    if _TAG_AND_DIGEST.fullmatch(text(function.properties, "imageUri") or ""):
        return "Join the repository's URL, @ and the image's digest; docker-build's ref has tag and digest in one"
    return "Push the image to ECR and pass repositoryUrl@digest"


def _current(function: Resource) -> str:
    return current_runtime(text(function.properties, "runtime") or "")


def _may_be_of_either(function: Resource) -> bool:
    """An image is built for whichever CPU its builder chose, and what a zip is built for is known from its package."""
    given = function.properties.get("architectures")
    return package_type(function) == IMAGE or (isinstance(given, list) and len(given) > 1)


def _one_architecture(architectures: object) -> bool:
    if isinstance(architectures, list):
        return len(architectures) == 1
    return architectures is not None


def _architectures(architectures: object) -> str:
    stated = architectures if isinstance(architectures, list) else []
    return ", ".join(map(str, stated)) or "unset (Lambda's default of x86_64)"


def _enough_memory(memory: object) -> bool:
    """A number that Lambda itself rejects is the matter of another rule."""
    effective = LAMBDA_DEFAULT_MEMORY if memory is None else memory
    if not is_number(effective):
        return True
    return not LAMBDA_MEMORY.minimum <= effective < WORKER_MEMORY.minimum  # type: ignore[operator]


def _memory(memory: object) -> str:
    return f"unset (Lambda's default of {LAMBDA_DEFAULT_MEMORY})" if memory is None else number(memory)


def _is_for_a_bucket(permission: Resource) -> bool:
    """Whether S3 may call for a bucket; without an ARN the permission is too wide for a rule of its own."""
    principal = text(permission.properties, "principal") or ""
    return service_of(principal) == "s3.amazonaws.com" and is_set(permission, "sourceArn")


def _snaps(function: Resource) -> bool:
    return text(function.properties, "snapStart", "applyOn") == PUBLISHED_VERSIONS


RULES: Final = rules_of(
    RequiredValue(
        name="lambda-function-worker-memory",
        types=[FUNCTION],
        property="memorySize",
        applies=streams,
        accepts=_enough_memory,
        value=_memory,
        allowed=f"{WORKER_MEMORY.minimum:,} MB or more for a function that streams an agent's answer",
        why="Lambda allots CPU by memory: the agent's start exceeds Lambda's 10 s of init, and its stream is slow",
        fix=f"Set memorySize to {WORKER_MEMORY.minimum} or more",
        description=f"A function that streams an agent's answer has at least {WORKER_MEMORY.minimum:,} MB of memory.",
        remediation=f"Set memory_size={WORKER_MEMORY.minimum} or more on the worker (longrun:workerMemory).",
    ),
    RequiredValue(
        name="lambda-function-ephemeral-storage",
        types=[FUNCTION],
        property="ephemeralStorage.size",
        accepts=within(LAMBDA_EPHEMERAL_STORAGE),
        value=number,
        allowed=str(LAMBDA_EPHEMERAL_STORAGE),
        why="Lambda rejects the function with a ValidationException",
        fix="Leave it out for 512 MB, or keep large files in S3",
        description="A Lambda function's /tmp has 512 to 10,240 MB.",
        remediation="Set ephemeral_storage within the range; what is larger belongs in S3.",
    ),
    RequiredValue(
        name="lambda-function-architecture-stated",
        types=[FUNCTION],
        property="architectures",
        applies=_may_be_of_either,
        accepts=_one_architecture,
        value=_architectures,
        allowed="arm64 or x86_64, one of them",
        why="A package or an image built for the other CPU fails at each start, with an import or a spawn error",
        fix="State the architecture that the package is built for",
        description="A function of a container image states its architecture, and no function states two.",
        remediation='Set architectures=["arm64"], or the value of longrun:architecture.',
    ),
    RequiredValue(
        name="lambda-function-runtime-retired",
        types=[FUNCTION],
        property="runtime",
        accepts=text_that(lambda runtime: runtime not in RETIRED),
        value=str,
        allowed=lambda function: f"a runtime that Lambda supports, for example {_current(function)}",
        why="Lambda creates no function with a retired runtime (InvalidParameterValueException)",
        fix="Choose a current runtime and build the package for it",
        description="No function uses a runtime that Lambda has retired.",
        remediation="Set longrun:pythonVersion to a version that Lambda supports.",
    ),
    RequiredValue(
        name="lambda-function-runtime-retiring",
        types=[FUNCTION],
        property="runtime",
        accepts=text_that(lambda runtime: runtime not in RETIRING),
        value=str,
        allowed=lambda function: f"a runtime with years of support, for example {_current(function)}",
        why="Lambda ends its support: no security patches, then no new functions, then no updates of old ones",
        fix="Choose a newer runtime and build the package for it",
        description="No function uses a runtime whose support ends within months.",
        remediation="Set longrun:pythonVersion to a newer version.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="lambda-function-image-reference",
        types=[FUNCTION],
        property="imageUri",
        accepts=matching(_ADDRESS),
        value=str,
        allowed="an image of a private ECR repository of the region, as repository@digest or as repository:tag",
        why="Lambda rejects the function with InvalidParameterValueException: it reads no other registry and not both",
        fix=_image_fix,
        description="A function's image is named as repository@digest or repository:tag of a private ECR repository.",
        remediation="Compose repository_url + '@' + digest instead of passing docker-build's ref.",
    ),
    RequiredValue(
        name="lambda-function-image-pinned",
        types=[FUNCTION],
        property="imageUri",
        accepts=text_that(lambda image: not image.endswith(":latest")),
        value=str,
        allowed="a digest, or a tag that is given once",
        why="Lambda resolves a tag once: a new image under the same tag is not deployed, and which one runs is unknown",
        fix="Pass repositoryUrl@digest of the image that was built",
        description="No function's image is tagged latest.",
        remediation="Name the image by its digest.",
    ),
    RequiredValue(
        name="lambda-function-layers",
        types=[FUNCTION],
        property="layers",
        accepts=lambda layers: not isinstance(layers, list) or LAMBDA_LAYERS.allows(len(layers)),
        value=lambda layers: str(len(layers)) if isinstance(layers, list) else "",
        allowed=f"{LAMBDA_LAYERS.maximum} layers at most",
        why="Lambda rejects the function with InvalidParameterValueException",
        fix="Put what the layers hold into the package, or fewer layers into one",
        description="A function has five layers at most.",
        remediation="Build dependencies into the package (components.packaging) instead of layers.",
    ),
    RequiredValue(
        name="lambda-function-concurrency",
        types=[FUNCTION],
        property="reservedConcurrentExecutions",
        accepts=lambda reserved: not is_number(reserved) or reserved != 0,
        value="0",
        allowed="1 or more, or -1 for the account's common pool",
        why="Lambda throttles every call of a function with a concurrency of 0: nothing ever runs",
        fix="Leave it out, or reserve what the function needs at once",
        description="No function has a reserved concurrency of 0.",
        remediation="Leave reserved_concurrent_executions out; to stop a function, remove its sources.",
    ),
    RequiredValue(
        name="lambda-function-tracing",
        types=[FUNCTION],
        property="tracingConfig.mode",
        accepts=lambda mode: mode == "Active" or not (mode is None or isinstance(mode, str)),
        value=lambda mode: str(mode or "unset (PassThrough)"),
        allowed="Active",
        why="Without it the trace of a run that an API, a queue or another function started has a gap here",
        fix="Set tracingConfig to Active and let the role send traces",
        description="A function traces its runs.",
        remediation='Set tracing_config={"mode": "Active"}.',
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="lambda-function-snap-start-published",
        types=[FUNCTION],
        property="publish",
        applies=_snaps,
        accepts=is_on,
        value="unset (no version is published)",
        allowed="true with SnapStart",
        why="SnapStart takes its snapshot of a published version: calls of $LATEST start as slowly as before",
        fix="Set publish to true and call the version, or an alias of it",
        description="A function with SnapStart publishes versions.",
        remediation="Set publish=True and call the version or an alias.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="lambda-permission-bucket-owner",
        types=[PERMISSION],
        property="sourceAccount",
        applies=_is_for_a_bucket,
        accepts=is_filled,
        value="unset",
        allowed="the account that owns the bucket",
        why="A bucket's ARN has no account: everyone who takes the name after the bucket is deleted may call it",
        fix="Set sourceAccount in addition to sourceArn",
        description="A permission for S3 names the account that owns the bucket.",
        remediation="Pass source_account in addition to source_arn.",
        severity=Severity.ADVISORY,
    ),
)

"""A zip that is sent in the call itself within 50 MB."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_ZIP_DIRECT_UPLOAD
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.lambda_function.functions.package import direct_upload
from policies.rules.rule import Resource, ResourceRule


def _check(function: Resource) -> Iterable[Finding]:
    package = direct_upload(function)
    packed = 0 if package is None else package.packed_bytes(LAMBDA_ZIP_DIRECT_UPLOAD.maximum)
    if package is None or LAMBDA_ZIP_DIRECT_UPLOAD.allows(packed):
        return []
    finding = Finding(
        property=package.property,
        value=f"a zip of {packed:,} bytes" if package.zip_bytes is not None else "files that make a larger zip",
        allowed=f"{LAMBDA_ZIP_DIRECT_UPLOAD.maximum:,} bytes in the call itself",
        why="Lambda rejects the call with RequestEntityTooLargeException, after the upload",
        fix="Put the zip into a bucket and name it by s3Bucket and s3Key, as components.functions does",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-zip-size",
    description="A zip that is uploaded with the function has 50 MB at most; a larger one comes from S3.",
    remediation="Pass s3_bucket and s3_key instead of code.",
    types=frozenset({FUNCTION}),
    check=_check,
)

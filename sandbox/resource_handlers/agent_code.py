"""Validates the code of an agent runtime. AWS runs it only when the first session starts, which is too late."""

import io
import re
import sys
import zipfile
from collections.abc import Sequence

from sandbox.cloud.packages import tree_of
from sandbox.cloud.request import Request, ValidationError

_PYTHON = re.compile(r"PYTHON_3_\d+")


def validate_code(request: Request, bucket: str, key: str, entry: Sequence[str], runtime: str) -> None:
    """Raises ValidationError unless the zip exists, contains the entry point, and is for this machine's Python.

    `entry` may begin with a wrapping command, such as opentelemetry-instrument.
    """
    own = f"PYTHON_{sys.version_info.major}_{sys.version_info.minor}"
    if _PYTHON.fullmatch(runtime) and runtime != own:
        raise ValidationError(
            f"the code is for {runtime}, but this machine runs {own}; "
            "set longrun:pythonVersion and longrun:architecture to host"
        )
    script = entry[-1] if entry else ""
    if not _contains(request, bucket, key, script):
        raise ValidationError(f"entryPoint is {script or 'empty'}, but s3://{bucket}/{key} has no such file")


def _contains(request: Request, bucket: str, key: str, script: str) -> bool:
    """Returns whether the file is in the object: in an unpacked package, or in the zip in the bucket."""
    stored = request.cloud.stored_package(bucket, key)
    if stored is not None and (tree := tree_of(stored)) is not None:
        return (tree / script).is_file()
    s3 = request.cloud.s3
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket) as error:
        raise ValidationError(f"the code s3://{bucket}/{key} does not exist; upload it first") from error
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            return script in package.namelist()
    except zipfile.BadZipFile as error:
        raise ValidationError(f"the code s3://{bucket}/{key} is not a zip") from error

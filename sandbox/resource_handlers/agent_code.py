"""The code of an agent runtime: AWS starts it when the first session does, so what is missing must show earlier."""

import io
import re
import sys
import zipfile
from collections.abc import Sequence

from sandbox.cloud.packages import tree_of
from sandbox.cloud.request import RefusedError, Request

_PYTHON = re.compile(r"PYTHON_3_\d+")


def refuse_code(request: Request, bucket: str, key: str, entry: Sequence[str], runtime: str) -> None:
    """Raises RefusedError unless the zip is there, has the entry point in it, and is for this machine's Python.

    `entry` may begin with a wrapping command, such as opentelemetry-instrument.
    """
    own = f"PYTHON_{sys.version_info.major}_{sys.version_info.minor}"
    if _PYTHON.fullmatch(runtime) and runtime != own:
        raise RefusedError(
            f"the code is for {runtime}, but this machine runs {own}; "
            "set longrun:pythonVersion and longrun:architecture to host"
        )
    script = entry[-1] if entry else ""
    if not _holds(request, bucket, key, script):
        raise RefusedError(f"entryPoint is {script or 'empty'}, but s3://{bucket}/{key} has no such file")


def _holds(request: Request, bucket: str, key: str, script: str) -> bool:
    """Whether the file is in the object: in a package as it lies unpacked, or in the zip in the bucket."""
    stored = request.cloud.stored_package(bucket, key)
    if stored is not None and (tree := tree_of(stored)) is not None:
        return (tree / script).is_file()
    s3 = request.cloud.s3
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket) as error:
        raise RefusedError(f"the code s3://{bucket}/{key} does not exist; upload it first") from error
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            return script in package.namelist()
    except zipfile.BadZipFile as error:
        raise RefusedError(f"the code s3://{bucket}/{key} is no zip") from error

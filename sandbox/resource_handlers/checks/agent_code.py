"""Validates the code of an agent runtime. AWS runs it only when the first session starts, which is too late."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Final

from sandbox.agent_code import code_problem, python_problem
from sandbox.cloud.packages import tree_of
from sandbox.cloud.request import Request, ValidationError

_RUNTIMES: Final = ("PYTHON_", "NODE_")


def validate_code(request: Request, bucket: str, key: str, entry: Sequence[str], runtime: str) -> None:
    """Raises ValidationError unless the zip exists, contains the entry point, and is for a Python of this machine."""
    if not runtime.startswith(_RUNTIMES):
        return  # the check of the call names those that AWS has
    # First: an unusable Python is no reason to read a large package.
    problem = python_problem(runtime)
    problem = problem or code_problem(f"s3://{bucket}/{key}", entry, runtime, _contents(request, bucket, key))
    if problem:
        raise ValidationError(problem)


def _contents(request: Request, bucket: str, key: str) -> Callable[[str], bool]:
    """Returns a test whether a file is in the object: in an unpacked package, or in the zip in the bucket."""
    stored = request.cloud.stored_package(bucket, key)
    if stored is not None and (tree := tree_of(stored)) is not None:
        return lambda script: (tree / script).is_file()
    s3 = request.cloud.s3
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket) as error:
        raise ValidationError(f"the code s3://{bucket}/{key} does not exist; upload it first") from error
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            return frozenset(package.namelist()).__contains__
    except zipfile.BadZipFile as error:
        raise ValidationError(f"the code s3://{bucket}/{key} is not a zip") from error

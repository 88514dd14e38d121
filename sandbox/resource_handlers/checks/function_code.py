"""The code of a function."""

import sys
from pathlib import Path
from typing import Any

import pulumi

from policies.rules.aws_limits import LAMBDA_DEFAULT_MEMORY, LAMBDA_ZIP_DIRECT_UPLOAD
from sandbox.cloud.packages import pointing_zip, tree_of, whole_zip
from sandbox.cloud.request import Request, ValidationError
from sandbox.messages import ServedFunction


def function_code(request: Request, name: str) -> dict[str, Any]:
    """Returns the argument `Code` of CreateFunction. Raises ValidationError, also when the handler is not in the
    code."""
    bucket, key, code = request.get("s3Bucket"), request.get("s3Key"), request.get("code")
    if code is None and bucket and key:
        stored = request.cloud.stored_package(bucket, key)
        if stored is None:
            return {"S3Bucket": bucket, "S3Key": key}
        return _pointing(request, name, stored)
    if not isinstance(code, pulumi.Archive):
        raise ValidationError("code is not an archive, and s3Bucket and s3Key are missing")
    path = Path(code.path) if isinstance(code, pulumi.FileArchive) else None
    if path and not path.exists():
        raise ValidationError(f"code is {path}, which does not exist")
    if path and path.is_file() and not LAMBDA_ZIP_DIRECT_UPLOAD.allows(path.stat().st_size):
        size, limit = path.stat().st_size, LAMBDA_ZIP_DIRECT_UPLOAD.maximum
        raise ValidationError(f"code is {size:,} bytes long; over {limit:,} it must be uploaded through S3")
    if path and tree_of(path) and not request.cloud.upload:
        return _pointing(request, name, path)
    return {"ZipFile": whole_zip(request.cloud.python, code)}


def _pointing(request: Request, name: str, archive: Path) -> dict[str, Any]:
    tree = tree_of(archive)
    if tree is None:
        raise ValidationError("the package has no unpacked content beside its zip")
    module = request.need("handler").rpartition(".")[0].replace(".", "/")
    if not (tree / f"{module}.py").is_file() and not (tree / module / "__init__.py").is_file():
        raise ValidationError(f"handler is {request.need('handler')}, but the package has no {module}.py")
    if sys.platform != "linux" or tree == archive:  # a fork server would not see changes in the user's own folder
        return {"ZipFile": pointing_zip(request.cloud.python, tree)}
    function = ServedFunction(
        name=name,
        python=str(request.cloud.python),
        folder=str(tree.resolve()),
        handler=request.need("handler"),
        memory=request.get("memorySize", LAMBDA_DEFAULT_MEMORY),
        variables=request.get("environment", {}).get("variables", {}),
    )
    request.cloud.serve(function)
    return {"ZipFile": pointing_zip(request.cloud.python, tree, function.socket)}

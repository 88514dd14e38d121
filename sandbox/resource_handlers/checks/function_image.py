"""The image of a function whose package is one. No image is pulled: the sandbox runs the command from a package of the
program that has its module."""

import re
from typing import Any, Final

from policies.rules.aws_limits import LAMBDA_IMAGE_FOLDER, LAMBDA_IMAGE_WORDS
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.registration import Value
from sandbox.task_code import code_problem, tree_with

_PACKAGES: Final = ("Zip", "Image")
_TOGETHER: Final = ("entryPoints", "commands", "workingDirectory")
_OF_A_ZIP: Final = ("code", "handler", "layers", "runtime", "s3Bucket", "s3Key", "s3ObjectVersion", "snapStart")
_REPOSITORY: Final = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.(amazonaws\.com(\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)"
    r"/[a-z0-9]+([._/-][a-z0-9]+)*(:[\w.-]{1,128}|@sha256:[0-9a-f]{64})"
)


def is_image(request: Request) -> bool:
    """Whether the package is an image. Raises ValidationError for a type that Lambda does not have."""
    kind = request.get("packageType", "Zip")
    if kind not in _PACKAGES:
        raise ValidationError(f"packageType is {kind!r}; allowed: {', '.join(_PACKAGES)}")
    if kind == "Zip":
        for key in ("imageUri", "imageConfig"):
            if request.get(key):
                raise ValidationError(f"{key} is set, but packageType is Zip; allowed: only with Image")
    return bool(kind == "Image")


def image_package(request: Request) -> dict[str, Any]:
    """Returns the arguments of CreateFunction for an image. Raises ValidationError, also once all resources exist,
    where no package has the command's module."""
    for key in _OF_A_ZIP:
        if request.get(key):
            raise ValidationError(f"{key} is set, but packageType is Image; allowed: only with Zip")
    uri = str(request.need("imageUri"))
    _validate_address(request, uri)
    settings = _settings(request.get("imageConfig") or {})
    words = [*settings.get("EntryPoint", ()), *settings.get("Command", ())]
    request.later.append(lambda: _validate_code(request, uri, words))
    package: dict[str, Any] = {"PackageType": "Image", "Code": {"ImageUri": uri}}
    return {**package, "ImageConfig": settings} if settings else package


def _validate_address(request: Request, uri: str) -> None:
    found = _REPOSITORY.fullmatch(uri)
    if found is None:
        raise ValidationError(
            f"imageUri is {uri!r}; allowed: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY with :TAG or @DIGEST; "
            "Lambda takes images from Amazon ECR only"
        )
    if found["region"] != request.cloud.region:
        raise ValidationError(
            f"imageUri is in the region {found['region']}, but the function is in {request.cloud.region}; Lambda takes "
            "images from its own region only"
        )


def _settings(given: Value) -> dict[str, Any]:
    missing = [key for key in _TOGETHER if not given.get(key)]
    if missing and any(given.get(key) for key in _TOGETHER):
        raise ValidationError(
            f"imageConfig lacks {', '.join(missing)}; allowed: all of {', '.join(_TOGETHER)}, or no imageConfig: what "
            "is missing would be the image's own"
        )
    settings: dict[str, Any] = {}
    for key, aws in (("entryPoints", "EntryPoint"), ("commands", "Command")):
        words = given.get(key) or []
        if not words:
            continue
        if not all(isinstance(word, str) for word in words) or not LAMBDA_IMAGE_WORDS.allows(len(words)):
            raise ValidationError(f"imageConfig.{key} is {words!r}; allowed: a list of {LAMBDA_IMAGE_WORDS}")
        settings[aws] = list(words)
    if folder := given.get("workingDirectory"):
        if not LAMBDA_IMAGE_FOLDER.allows(len(folder)):
            raise ValidationError(
                f"imageConfig.workingDirectory has {len(folder)} characters; allowed: {LAMBDA_IMAGE_FOLDER}"
            )
        settings["WorkingDirectory"] = folder
    return settings


def _validate_code(request: Request, uri: str, words: list[str]) -> None:
    if tree_with(request.cloud.package_trees(), words) is None:
        raise ValidationError(code_problem(uri, words))

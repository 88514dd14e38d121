"""Addresses of container images as arguments: by digest, and in a registry of the stack's region."""

import re
from typing import Final

import pulumi

from policies.rules.aws_limits.partitions import SUFFIX, partition_of

_DIGEST: Final = re.compile(r"(?P<address>[a-z0-9][a-zA-Z0-9.:/_-]*)@sha256:[0-9a-f]{64}")
_REGISTRY: Final = re.compile(rf"\d{{12}}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?P<suffix>{SUFFIX})/[^:]+")


def image_problems(argument: str, image: pulumi.Input[str], region: str) -> list[str]:
    """A message for a known address that names no single image, or one in a registry of Amazon ECR elsewhere."""
    if not isinstance(image, str):
        return []
    match = _DIGEST.fullmatch(image)
    if match is None:
        return [f"{argument} is {image[:200]!r}; allowed: an address with a digest, registry/repository@sha256:..."]
    registry = _REGISTRY.fullmatch(match["address"])
    if registry is None:
        return []
    if registry["region"] != region:
        return [f"{argument} is in {registry['region']}; allowed: an image in {region}, the stack's region"]
    suffix = partition_of(region).suffix
    return [] if registry["suffix"] == suffix else [f"{argument} is {image!r}; registries in {region} end in {suffix}"]


def function_image_problems(argument: str, image: pulumi.Input[str], region: str) -> list[str]:
    """As above, for an image that Lambda runs: it takes those of Amazon ECR only, and none whose address has a tag."""
    problems = image_problems(argument, image, region)
    if problems or not isinstance(image, str) or _REGISTRY.fullmatch(image.partition("@")[0]):
        return problems
    suffix = partition_of(region).suffix
    form = f"account.dkr.ecr.{region}.{suffix}/repository@sha256:..., without a tag"
    return [f"{argument} is {image[:200]!r}; allowed: an image in Amazon ECR, {form}"]

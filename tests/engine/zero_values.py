"""What an AWS provider writes into a deployed resource where the program sets nothing, read from the SDK's own types.

The provider stores every attribute that AWS's answer does not have as its type's zero: "", 0, false, [] or {}.
"""

import importlib
import re
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pulumi._types import (
    is_output_type,
    output_type_types,
    resource_types,
    unwrap_optional_type,
    unwrap_type,
)

from policies.rules.values import SIGNATURE

DEEPEST = 4
"""Objects in objects that are filled; some types of the SDK contain themselves."""

_RENAMED = {"lambda": "lambda_"}


Shape = Mapping[str, Any]
"""The zero of every output by its name on the wire; a list holds the zero of its members."""


@cache
def output_shape(token: str) -> Shape:
    """The outputs of a resource type. Raises ImportError or AttributeError for a type that the SDK has not."""
    _, module, name = token.split(":")
    service, _, kind = module.partition("/")
    package = importlib.import_module(f"pulumi_aws.{_RENAMED.get(service, service)}.{_snake(kind)}")
    return {output: _zero(found, DEEPEST) for output, found in resource_types(getattr(package, name)).items()}


def with_zeros(given: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """The inputs of a resource as the provider returns them: with a zero wherever the program sets nothing."""
    unset = {name: _emptied(zero) for name, zero in shape.items()}
    return unset | {name: _filled(value, shape.get(name)) for name, value in given.items()}


def _filled(value: object, shape: object) -> object:
    # What the engine marks (a secret, an archive) and maps of the user's own keys stay as they are.
    if isinstance(value, dict) and isinstance(shape, dict) and shape and SIGNATURE not in value:
        return with_zeros(value, shape)
    if isinstance(value, list) and isinstance(shape, list) and shape:
        return [_filled(member, shape[0]) for member in value]
    return value


def _emptied(shape: object) -> object:
    if isinstance(shape, list):
        return []
    return {name: _emptied(zero) for name, zero in shape.items()} if isinstance(shape, dict) else shape


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _zero(kind: type, depth: int) -> object:
    kind = unwrap_optional_type(unwrap_type(kind))
    origin = typing.get_origin(kind)
    if origin in (list, Sequence):
        return [_zero(typing.get_args(kind)[0], depth - 1)] if depth else []
    if origin in (dict, Mapping) or kind is dict:
        return {}
    if isinstance(kind, type) and is_output_type(kind):
        if not depth:
            return {}
        return {name: _zero(member, depth - 1) for name, member in output_type_types(kind).items()}
    return {str: "", int: 0, float: 0, bool: False}.get(kind)

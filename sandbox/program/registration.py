"""One resource as the program registers it, as Python values."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2

STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_PREFIX: Final = "pulumi:providers:"
Value: TypeAlias = Any
"""The value of a property: JSON data of any depth, or one of Pulumi's assets and archives."""

SUFFIX_LENGTH: Final = 7
"""The number of characters that auto-naming adds, the same as Pulumi's."""


@dataclass(frozen=True, slots=True)
class Registration:
    """`inputs` are named as on the wire (camelCase): secrets unwrapped, whole numbers as int, assets as Pulumi's own.
    A value that the program does not know yet is null there and its key is in `unknown`; `dependencies` has the URNs
    that it comes from."""

    type: str
    name: str
    urn: str
    parent: str | None
    custom: bool
    provider: str
    inputs: Mapping[str, Value]
    dependencies: Mapping[str, Sequence[str]]
    unknown: tuple[str, ...]

    @classmethod
    def read(cls, request: resource_pb2.RegisterResourceRequest, urn: str) -> "Registration":
        wire = request.object
        unknown = tuple(key for key in wire.fields if _mentions_unknown(wire.fields[key]))
        return cls(
            type=request.type,
            name=request.name,
            urn=urn,
            parent=request.parent or None,
            custom=request.custom,
            provider=request.provider,
            inputs={key: to_python(value) for key, value in rpc.deserialize_properties(wire).items()},
            dependencies={key: list(found.urns) for key, found in request.propertyDependencies.items()},
            unknown=unknown,
        )

    def auto_name(self, limit: int) -> str:
        """Returns the logical name with a suffix, at most `limit` characters; it is the same in every new sandbox."""
        suffix = hashlib.sha256(self.urn.encode()).hexdigest()[:SUFFIX_LENGTH]
        return f"{self.name[: limit - SUFFIX_LENGTH - 1]}-{suffix}"


def to_python(value: Value) -> Value:
    """Returns the value as the program wrote it: on the wire, numbers are floats and secrets are wrapped."""
    if rpc.is_rpc_secret(value):
        return to_python(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: to_python(member) for key, member in value.items()}
    if isinstance(value, list):
        return [to_python(member) for member in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _mentions_unknown(value: object) -> bool:
    return rpc.UNKNOWN in str(value)

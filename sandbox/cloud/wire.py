"""Converts property names from the provider's spelling to that of AWS's APIs."""

from collections.abc import Mapping
from typing import Final

from sandbox.program.registration import Value

_IRREGULAR: Final[Mapping[str, str]] = {"id": "ID", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}


def pascal(value: Value) -> Value:
    """Returns the value with its keys at every depth in PascalCase instead of camelCase, without nulls."""
    if isinstance(value, Mapping):
        return {_pascal_key(key): pascal(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [pascal(member) for member in value]
    return value


def _pascal_key(key: str) -> str:
    return _IRREGULAR.get(key, key[:1].upper() + key[1:])

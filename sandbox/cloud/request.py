"""What a creator is asked for. It keeps count of what was read, so that no input is left out unnoticed."""

import re
from collections.abc import Callable, Mapping

from sandbox.cloud.cloud import Cloud
from sandbox.program.registration import Registration, Value

_GLOBAL = frozenset({"region", "tags", "tagsAll"})


class RefusedError(Exception):
    """What AWS would refuse, in the words that follow "failed:"."""


class Request:
    """One resource to be made. Inputs are named as on the wire (camelCase). `later` takes what can only be judged once
    everything stands, because policies may follow what they are for; each raises RefusedError."""

    def __init__(self, cloud: Cloud, registration: Registration) -> None:
        self.cloud = cloud
        self.registration = registration
        self.later: list[Callable[[], None]] = []
        self._read: set[str] = set(_GLOBAL)

    def get(self, key: str, default: Value = None) -> Value:
        """The input, or the default when it is absent or null."""
        self._read.add(key)
        value = self.registration.inputs.get(key)
        return default if value is None else value

    def need(self, key: str) -> Value:
        value = self.get(key)
        if value is None:
            raise RefusedError(f"{key} is missing")
        return value

    def skip(self, *keys: str) -> None:
        """Inputs that have no meaning where everything is gone at `down`."""
        self._read.update(keys)

    def name(self, key: str, limit: int, pattern: str) -> str:
        """The physical name: given, from a prefix, or made as Pulumi's auto-naming does; refused as AWS would."""
        prefix = self.get(f"{key}Prefix")
        made = self.registration.auto_name(limit)
        name = str(self.get(key) or (f"{prefix}{made[-7:]}" if prefix else made))
        if len(name) > limit or not re.fullmatch(pattern, name):
            raise RefusedError(f"{key} is {name!r}; allowed: up to {limit} characters of the pattern {pattern}")
        return name

    def tags(self) -> dict[str, str]:
        found: Mapping[str, Value] = self.get("tags", {})
        return {key: str(value) for key, value in found.items()}

    def tag_list(self) -> Value:
        """The tags as most services take them."""
        return [{"Key": name, "Value": text} for name, text in self.tags().items()]

    def unread(self) -> list[str]:
        """Inputs that the creator has not looked at: the sandbox would differ from AWS without a word."""
        return sorted(
            key for key, value in self.registration.inputs.items() if key not in self._read and value is not None
        )

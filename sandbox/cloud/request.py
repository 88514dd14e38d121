"""The inputs of a resource handler. It records which inputs were read, so that no input is ignored unnoticed."""

from collections.abc import Callable, Mapping

from policies.rules.aws_limits import Name
from sandbox.cloud.cloud import Cloud
from sandbox.program.registration import Registration, Value

_GLOBAL = frozenset({"region", "tags", "tagsAll"})


class ValidationError(Exception):
    """AWS would reject the resource; the message follows "failed:" in the user's error."""


class Request:
    """One resource to create. Inputs are named as on the wire (camelCase). `later` holds checks that run once all
    resources exist, because a policy may be created after its resource; each raises ValidationError."""

    def __init__(self, cloud: Cloud, registration: Registration) -> None:
        self.cloud = cloud
        self.registration = registration
        self.later: list[Callable[[], None]] = []
        self._read: set[str] = set(_GLOBAL)

    def get(self, key: str, default: Value = None) -> Value:
        """Returns the input, or the default when it is absent or null."""
        self._read.add(key)
        value = self.registration.inputs.get(key)
        return default if value is None else value

    def need(self, key: str) -> Value:
        value = self.get(key)
        if value is None:
            raise ValidationError(f"{key} is missing")
        return value

    def skip(self, *keys: str) -> None:
        """Marks inputs that have no effect in a sandbox as read."""
        self._read.update(keys)

    def name(self, key: str, rule: Name) -> str:
        """Returns the physical name: the given one, one with the given prefix, or an automatic one like Pulumi's.
        Raises ValidationError where AWS would reject it."""
        prefix = self.get(f"{key}Prefix")
        made = self.registration.auto_name(rule.longest)
        name = str(self.get(key) or (f"{prefix}{made[-7:]}" if prefix else made))
        if not rule.allows(name):
            allowed = f"up to {rule.longest} characters of the pattern {rule.pattern}"
            raise ValidationError(f"{key} is {name!r}; allowed: {allowed}")
        return name

    def tags(self) -> dict[str, str]:
        found: Mapping[str, Value] = self.get("tags", {})
        return {key: str(value) for key, value in found.items()}

    def tag_list(self) -> Value:
        """Returns the tags in the format of most services."""
        return [{"Key": name, "Value": text} for name, text in self.tags().items()]

    def unread(self) -> list[str]:
        """Returns the inputs that the handler has not read; ignoring them would make the sandbox differ from AWS."""
        return sorted(
            key for key, value in self.registration.inputs.items() if key not in self._read and value is not None
        )

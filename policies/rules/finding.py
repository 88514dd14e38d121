"""What a check found: one property, in words that a person can act on. Components and rules share it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One misconfigured property.

    `property` is its path in the resource, `value` what stands there, `allowed` what may, `why` the limit or the
    failure that the rule prevents, `fix` what to do. Each is a phrase without a full stop, and none shows a secret.
    `source` is the id of the published rule that found it, empty for a rule of the project.
    """

    property: str
    value: str
    allowed: str
    why: str
    fix: str
    source: str = ""

    def explanation(self) -> str:
        """The finding without its resource, for a caller that names the resource itself."""
        return f"{self.property} is {self.value}; allowed: {self.allowed}. {self.why}. {self.fix}."

    def message(self, resource_type: str, resource_name: str) -> str:
        return f"{resource_type} '{resource_name}': {self.explanation()}"

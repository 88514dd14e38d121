"""What every builder of a component's children needs: the component's name, its tags, and how children hang on it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, slots=True)
class Scope:
    """One component under construction. `log_retention_days` holds for every log group in it."""

    name: str
    opts: pulumi.ResourceOptions
    tags: Mapping[str, pulumi.Input[str]]
    log_retention_days: int

    def child(self, role: str) -> str:
        """The name of the child with this role."""
        return f"{self.name}-{role}"

    def after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that may not be made before the resources."""
        return pulumi.ResourceOptions.merge(self.opts, pulumi.ResourceOptions(depends_on=list(resources)))

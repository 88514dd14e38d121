"""What every builder of a StreamingLambda's children needs: its name, its arguments, and how children hang on it."""

from dataclasses import dataclass

import pulumi

from components.streaming_lambda.args import StreamingLambdaArgs


@dataclass(frozen=True, slots=True)
class Scope:
    """One StreamingLambda under construction."""

    name: str
    args: StreamingLambdaArgs
    opts: pulumi.ResourceOptions

    @property
    def tags(self) -> dict[str, pulumi.Input[str]]:
        return self.args.get("tags", {})

    def child(self, role: str) -> str:
        """The name of the child with this role."""
        return f"{self.name}-{role}"

    def after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that may not be made before the resources."""
        return pulumi.ResourceOptions.merge(self.opts, pulumi.ResourceOptions(depends_on=list(resources)))

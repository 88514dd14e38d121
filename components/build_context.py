"""The context in which a component builds its children: its name, arguments and tags, and the options of children."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, NotRequired, TypedDict, TypeVar

import pulumi

DEFAULT_LOG_RETENTION: Final = 14


class TaggedArgs(TypedDict):
    """What the arguments of every component have."""

    tags: NotRequired[dict[str, pulumi.Input[str]]]


class LoggedArgs(TaggedArgs):
    """What the arguments of a component with log groups have."""

    log_retention_days: NotRequired[int]


ArgsT_co = TypeVar("ArgsT_co", bound=TaggedArgs, covariant=True)


@dataclass(frozen=True, slots=True)
class BuildContext(Generic[ArgsT_co]):
    """One component under construction. `opts` make a resource its child."""

    name: str
    args: ArgsT_co
    opts: pulumi.ResourceOptions

    @property
    def tags(self) -> Mapping[str, pulumi.Input[str]]:
        args: TaggedArgs = self.args
        return args.get("tags", {})

    @property
    def log_retention_days(self: "BuildContext[LoggedArgs]") -> int:
        """Days that the component's log groups keep their logs."""
        return self.args.get("log_retention_days", DEFAULT_LOG_RETENTION)

    def child(self, role: str) -> str:
        """The name of the child with this role."""
        return f"{self.name}-{role}"

    def retained(self, retain: bool) -> pulumi.ResourceOptions:
        """The options of a child that outlives the stack if `retain` is set."""
        return pulumi.ResourceOptions.merge(self.opts, pulumi.ResourceOptions(retain_on_delete=retain))

    def after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        """The options of a child that must not be created before these resources."""
        return pulumi.ResourceOptions.merge(self.opts, pulumi.ResourceOptions(depends_on=list(resources)))


def replaced_by_name(opts: pulumi.ResourceOptions, name: str | None) -> pulumi.ResourceOptions:
    """The options of a resource that may have a fixed name: its successor cannot exist beside it."""
    if name is None:
        return opts
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))

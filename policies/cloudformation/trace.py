"""The trace: which Pulumi resource and property a path of the template was made from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from policies.cloudformation.mapping import Shape
from policies.rules.rule import Resource

STEP: Final = re.compile(r"[^/.\[\]]+")


@dataclass(slots=True)
class Trace:
    """What one location in the template comes from. `free` is set where names are the same below it on both sides, as
    in a JSON document; `shape` gives, where nothing was written, the property that would have been."""

    resource: Resource
    property: str
    shape: Shape = field(default_factory=dict)
    free: bool = False
    members: "dict[str, Trace]" = field(default_factory=dict)

    def below(self, step: str) -> "Trace":
        """The trace of a member, made with this one's origin where there is none yet."""
        return self.members.setdefault(step, Trace(self.resource, self.property))

    def find(self, steps: Sequence[str]) -> tuple[Resource, str]:
        trace = self
        for index, step in enumerate(steps):
            if step not in trace.members:
                return trace.resource, trace.rest(steps[index:])
            trace = trace.members[step]
        return trace.resource, trace.property

    def rest(self, steps: Sequence[str]) -> str:
        if self.free:
            return self.property + "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps)
        for name, place in self.shape.items():
            if place is not None and place.path == tuple(steps[: len(place.path)]):
                return member(self.property, name)
        return self.property


def member(prefix: str, name: str) -> str:
    """A property path as people write it: `environment.variables`, `rules[0].id`."""
    return f"{prefix}.{name}" if prefix else name


def steps(path: str) -> list[str]:
    """A path in any of the forms in which findings give it, without `Resources`, the logical id and `Properties`:
    `Resources/Queue/Properties/Tags/0/Key`, `Properties.Tags.0.Key`, `/Tags[0]/Key`."""
    found = STEP.findall(path)
    return found[found.index("Properties") + 1 :] if "Properties" in found[:3] else found

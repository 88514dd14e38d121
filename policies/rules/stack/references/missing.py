"""Names for which the stack has no resource."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from policies.rules.finding import Finding
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack
from policies.rules.stack.references.kinds import Kind, Mention
from policies.rules.stack.references.naming import Naming

LATE: Final = "Nothing rejects it before the first call, which ends in ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class Missing:
    """What a resource names at a path of its properties, and the stack does not hold."""

    resource: Resource
    path: str
    kind: Kind
    name: str
    why: str = LATE

    def own_finding(self) -> Finding:
        """The finding for a name that only a resource of the stack would have."""
        return Finding(
            property=self.path,
            value=self._value(),
            allowed=f"{self._article()} {self.kind.word} of the stack, or one that is declared external",
            why=self.why,
            fix="Use the resource's output, or declare it external by an exception with a reason",
        )

    def outside_finding(self) -> Finding:
        """The finding for a name that may be of something that exists already."""
        return Finding(
            property=self.path,
            value=self._value(),
            allowed=f"{self._article()} {self.kind.word} of the stack, or one that exists before it is deployed",
            why=f"Unless it exists already: {self.why}",
            fix="Take it from a lookup or from the configuration, which shows that it is another stack's",
        )

    def _value(self) -> str:
        return f"the {self.kind.word} {self.name[:120]}, which the stack does not hold"

    def _article(self) -> str:
        return "an" if self.kind.word[0] in "aeiouA" else "a"


Finder = Callable[[Stack], Iterable[Missing]]


def own(find: Finder) -> Callable[[Stack], Iterator[tuple[Resource, Finding]]]:
    """Makes a rule's check of what finds missing resources: it reports those whose names are like the stack's own."""

    def check(stack: Stack) -> Iterator[tuple[Resource, Finding]]:
        naming = Naming.of(stack)
        yield from ((each.resource, each.own_finding()) for each in find(stack) if naming.is_own(each.name))

    return check


def missing_at(
    resource: Resource, path: str, mention: Mention, index: Index, region: str | None, why: str = LATE
) -> Iterator[Missing]:
    """What a text at a path mentions, if the stack ought to hold it and does not."""
    prop = path.partition(".")[0].partition("[")[0]
    if mention.is_missing(index, region) and not (
        index.is_made_from(resource, prop, mention.name) or index.is_made_elsewhere(resource, prop)
    ):
        yield Missing(resource, path, mention.kind, mention.name, why)

"""How much the rules know: written by hand, and AWS's published constraints of the mapped resource types."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from policies.catalogue import FAMILIES
from policies.cloudformation import coverage as mapped
from policies.cloudformation.engine import UnavailableError
from policies.cloudformation.preflight import read_rules


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some resource types: how many of them exist in CloudFormation, their properties there,
    the constraints of its schemas on those by keyword, and the published rules about the types. `published` is None
    where the rule base is not installed."""

    types: int
    properties: int
    constraints: Mapping[str, int]
    published: int | None

    @property
    def total(self) -> int:
        """All constraints together."""
        return sum(self.constraints.values())


@dataclass(frozen=True, slots=True)
class Coverage:
    """`families` is the number of hand-written rules by family; `program` is about the types that the program uses,
    and `unmapped` are those of them that do not exist in CloudFormation."""

    families: Mapping[str, int]
    everything: Known
    program: Known
    unmapped: tuple[str, ...]


def coverage(types: Collection[str]) -> Coverage:
    """The coverage as a whole and of a program's resource types (Pulumi's tokens); components do not count."""
    own = mapped.coverage(token for token in types if token.startswith("aws:"))
    return Coverage(
        families={family.title: len(family.rules) for family in FAMILIES},
        everything=_known(mapped.coverage()),
        program=_known(own),
        unmapped=own.unmapped,
    )


def _known(found: mapped.Coverage) -> Known:
    return Known(len(found.types), found.properties, found.constraints, _published(set(found.types.values())))


def _published(types: Collection[str]) -> int | None:
    try:
        return len(read_rules().of(types))
    except UnavailableError:
        return None

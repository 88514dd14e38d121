"""How much the rules know: written by hand, and AWS's published constraints behind the mapped resource types."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from policies.catalogue import FAMILIES
from policies.cloudformation.engine import UnavailableError
from policies.cloudformation.mapping import MappedType, resource_map
from policies.cloudformation.preflight import read_rules


@dataclass(frozen=True, slots=True)
class Mapped:
    """What is known of some resource types: how many there are, their properties that have a place in CloudFormation,
    the constraints of its schemas on those, and the published rules about the types. `published` is None where the rule
    base is not installed."""

    types: int
    properties: int
    constraints: int
    published: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """`families` is the number of hand-written rules by family; `program` is about the types that the program uses,
    and `unmapped` are those of them that have no place in CloudFormation."""

    families: Mapping[str, int]
    everything: Mapped
    program: Mapped
    unmapped: tuple[str, ...]


def coverage(types: Collection[str]) -> Coverage:
    """The coverage as a whole and of a program's resource types (Pulumi's tokens); components do not count."""
    known = resource_map().types
    own = {token for token in types if token.startswith("aws:")}
    return Coverage(
        families={family.title: len(family.rules) for family in FAMILIES},
        everything=_mapped(known.values()),
        program=_mapped(known[token] for token in own & known.keys()),
        unmapped=tuple(sorted(own - known.keys())),
    )


def _mapped(types: Iterable[MappedType]) -> Mapped:
    listed = list(types)
    return Mapped(
        types=len(listed),
        properties=sum(each.properties for each in listed),
        constraints=sum(each.constraints for each in listed),
        published=_published({each.type for each in listed}),
    )


def _published(types: Collection[str]) -> int | None:
    try:
        return len(read_rules().of(types))
    except UnavailableError:
        return None

"""Resources for the tests of the translation."""

from collections.abc import Mapping, Sequence

from policies.rules.rule import Resource


def resource(
    resource_type: str,
    name: str,
    properties: Mapping[str, object],
    made_from: Mapping[str, Sequence[Resource]] | None = None,
) -> Resource:
    """A resource; `made_from` says which others a property is made from."""
    dependencies = {prop: tuple(other.urn for other in others) for prop, others in (made_from or {}).items()}
    urn = f"urn:pulumi:dev::longrun::{resource_type}::{name}"
    return Resource(resource_type, name, urn, properties, None, dependencies)

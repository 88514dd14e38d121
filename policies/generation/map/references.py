"""Which properties hold another resource, and how a template writes it. Development time only."""

from collections.abc import Iterator

from policies.generation.map.overlay import Overlay
from policies.generation.map.schemas import COMPOSED, Node, Schema, Schemas

Reference = tuple[str, str]
"""A CloudFormation type, and the attribute that GetAtt takes; "" for what Ref gives."""


class References:
    """What the overlay states, and what the schemas state by a format like `AWS::IAM::Role.Arn`."""

    def __init__(self, schemas: Schemas, overlay: Overlay) -> None:
        self._schemas = schemas
        self._reviewed = overlay.references

    def at(self, cfn_type: str, path: str, node: Node) -> tuple[Reference, ...]:
        """The resources that a property may hold, at a path like `/Targets/*/Arn`, with its schema."""
        stated = [reviewed] if (reviewed := self._reviewed.get(f"{cfn_type}{path}")) else list(_formats(node))
        found = [reference for text in stated if (reference := self._reference(text))]
        return tuple({reference[0]: reference for reference in reversed(found)}.values())

    def _reference(self, text: str) -> Reference | None:
        """Returns only what the type surely has: an attribute that it computes, or what identifies it."""
        cfn_type, _, attribute = text.partition(".")
        schema = self._schemas.types.get(cfn_type)
        if schema is None:
            return None
        if not attribute or attribute in schema.identifier or self._identifies(schema, attribute):
            return cfn_type, ""
        return (cfn_type, attribute) if attribute in schema.computed else None

    @staticmethod
    def _identifies(schema: Schema, attribute: str) -> bool:
        """A queue's Name is its QueueName, a subnet's Id its SubnetId."""
        return attribute in {"Id", "Name"} and any(name.endswith(attribute) for name in schema.identifier)


def _formats(node: Node) -> Iterator[str]:
    for one in (node, *(choice for keyword in COMPOSED for choice in node.get(keyword, ()))):
        if isinstance(form := one.get("format"), str) and "::" in form:
            yield form

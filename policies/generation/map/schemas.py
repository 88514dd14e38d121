"""CloudFormation's resource schemas: what a resource type takes, and the constraints on each property.

Development time only: the schemas are those in cfn-lint, a folder of JSON files. The engine that judges at
run time has its own.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

Node = Mapping[str, Any]

HOME_REGION: Final = "us-east-1"
"""The region whose list of types counts: it has every service."""
CONSTRAINTS: Final = frozenset(
    {
        "const", "dependentExcluded", "dependentRequired", "enum", "exclusiveMaximum", "exclusiveMinimum", "format",
        "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum",
        "multipleOf", "pattern", "requiredOr", "requiredXor", "uniqueItems",
    }
)  # fmt: skip
"""The keywords that can be broken by a value; `required` counts once for each property that it names."""
COMPOSED: Final = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True)
class Schema:
    """One resource type. A node is a schema of JSON Schema with references already followed (see `resolved`)."""

    type: str
    document: Node

    @cached_property
    def properties(self) -> dict[str, Node]:
        """Returns the properties that may be given: all but those that CloudFormation computes."""
        return {name: node for name, node in self.members(self.document).items() if name not in self.computed}

    @cached_property
    def computed(self) -> frozenset[str]:
        """The properties that CloudFormation computes once the resource exists."""
        return self._tops("readOnlyProperties")

    @cached_property
    def identifier(self) -> frozenset[str]:
        """The property that identifies a resource, which is what Ref gives; none where it takes several."""
        tops = self._tops("primaryIdentifier")
        return tops if len(tops) == 1 else frozenset()

    def _tops(self, keyword: str) -> frozenset[str]:
        """Properties of the resource itself in a list of paths."""
        paths = [path.removeprefix("/properties/") for path in self.document.get(keyword, ())]
        return frozenset(path for path in paths if "/" not in path)

    @property
    def permissions(self) -> frozenset[str]:
        """The actions that CloudFormation's own handlers need, for example `sqs:CreateQueue`."""
        handlers: Mapping[str, Node] = self.document.get("handlers", {})
        return frozenset(action for handler in handlers.values() for action in handler.get("permissions", ()))

    def resolved(self, node: Node) -> Node:
        seen: set[str] = set()
        while isinstance(reference := node.get("$ref"), str) and reference not in seen:
            seen.add(reference)
            target: Any = self.document
            for step in reference.removeprefix("#/").split("/"):
                target = target.get(step, {}) if isinstance(target, Mapping) else {}
            node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return node

    def members(self, node: Node) -> dict[str, Node]:
        """The named properties of an object, those of its alternatives too; not resolved."""
        node = self.resolved(node)
        found = dict(node.get("properties", {}))
        for keyword in COMPOSED:
            for choice in node.get(keyword, ()):
                for name, member in self.members(choice).items():
                    # An alternative defines less of a property than the property's own schema.
                    found.setdefault(name, member)
        return found

    def required(self, node: Node) -> frozenset[str]:
        return frozenset(self.resolved(node).get("required", ()))

    def items(self, node: Node) -> Node:
        """What a list holds, not resolved."""
        node = self.resolved(node)
        nodes = [node, *(self.resolved(choice) for keyword in COMPOSED for choice in node.get(keyword, ()))]
        return next((one["items"] for one in nodes if isinstance(one.get("items"), Mapping)), {})

    def values(self, node: Node) -> Node | None:
        """What a map holds; None for an object that is no map."""
        node = self.resolved(node)
        patterns: Mapping[str, Node] = node.get("patternProperties", {})
        if patterns:
            return self.resolved(next(iter(patterns.values())))
        additional = node.get("additionalProperties")
        return self.resolved(additional) if isinstance(additional, Mapping) and not self.members(node) else None

    def kind(self, node: Node) -> str:
        """string, integer, number, boolean, array, object (named members), map, or json (anything)."""
        node = self.resolved(node)
        kinds = self._kinds(node)
        if "array" in kinds and self.items(node):
            return "array"
        if "object" in kinds or (not kinds and self.members(node)):
            if self.members(node) and "string" not in kinds:
                return "object"
            return "map" if self.values(node) is not None and "string" not in kinds else "json"
        for kind in ("array", "number", "integer", "boolean", "string"):
            if kind in kinds:
                return kind
        return "string" if "enum" in node or "pattern" in node else "json"

    def _kinds(self, node: Node) -> frozenset[str]:
        given = node.get("type")
        if isinstance(given, str):
            return frozenset({given})
        if isinstance(given, list):
            return frozenset(given)
        choices = [self.resolved(choice) for keyword in COMPOSED for choice in node.get(keyword, ())]
        return frozenset(kind for choice in choices for kind in self._kinds(choice))

    def choices(self, node: Node) -> tuple[str, ...]:
        """The texts that an enum allows; none where any text may stand."""
        node = self.resolved(node)
        nodes = [node, *(self.resolved(choice) for keyword in COMPOSED for choice in node.get(keyword, ()))]
        return tuple(value for one in nodes for value in one.get("enum", ()) if isinstance(value, str))

    def constraints(self, node: Node) -> Counter[str]:
        """The keywords of the node itself that limit its value, with their number; those of members are theirs."""
        node = self.resolved(node)
        nodes = [node, *(self.resolved(choice) for keyword in COMPOSED for choice in node.get(keyword, ()))]
        found = Counter(keyword for one in nodes for keyword in CONSTRAINTS & one.keys())
        found["required"] = sum(len(one.get("required", ())) for one in nodes)
        return +found


@dataclass(frozen=True)
class Schemas:
    """Every type that CloudFormation knows in the home region."""

    date: str
    types: Mapping[str, Schema]


def read_schemas(folder: Path) -> Schemas:
    """`folder` is cfnlint/data/schemas."""
    served = set(json.loads((folder / "providers" / f"{HOME_REGION}.json").read_bytes()))
    date = json.loads((folder / "version.json").read_bytes())["schema_date"]
    types = {schema.type: schema for schema in _documents(folder / "resources") if schema.type in served}
    return Schemas(date, dict(sorted(types.items())))


def _documents(folder: Path) -> Iterator[Schema]:
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_bytes())
        yield Schema(document["typeName"], document)

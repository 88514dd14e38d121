"""How much of what AWS publishes the map reaches: for `longrun check --coverage`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policies.cloudformation.mapping import ResourceMap, resource_map


@dataclass(frozen=True, slots=True)
class Coverage:
    """`types` are Pulumi's, with the CloudFormation type of each; `unmapped` those asked for that the map has not.
    `properties` are paths of CloudFormation, `constraints` the schema's limits on them by keyword (enum, pattern …)."""

    types: Mapping[str, str]
    unmapped: tuple[str, ...]
    properties: int
    constraints: Mapping[str, int]
    sdk: str
    schemas: str

    @property
    def total(self) -> int:
        """All constraints together."""
        return sum(self.constraints.values())


def coverage(tokens: Iterable[str] | None = None, table: ResourceMap | None = None) -> Coverage:
    """What the map reaches of the given types, or of all that it has."""
    table = table or resource_map()
    asked = sorted(set(table.types if tokens is None else tokens))
    rows = {token: table.types[token] for token in asked if token in table.types}
    constraints: Counter[str] = Counter()
    for row in rows.values():
        constraints.update(row.constraints)
    return Coverage(
        types={token: row.type for token, row in rows.items()},
        unmapped=tuple(token for token in asked if token not in rows),
        properties=sum(row.properties for row in rows.values()),
        constraints=dict(sorted(constraints.items())),
        sdk=table.sdk,
        schemas=table.schemas,
    )

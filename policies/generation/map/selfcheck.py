"""What must hold for a map before it is written. Development time only."""

from collections.abc import Iterator, Sequence
from typing import Final

from policies.cloudformation.mapping import HERE, LEFT_OUT
from policies.generation.map.matching import Entry
from policies.generation.map.names import plain, singular
from policies.generation.map.operations import Operations
from policies.generation.map.overlay import Overlay, TypeOverlay
from policies.generation.map.sdk import Sdk
from policies.generation.map.types import Match, said_name, token_names

METHODS: Final = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
"""API Gateway's permissions name these instead of operations."""


def problems(found: Sequence[Match], sdk: Sdk, overlay: Overlay, operations: Operations) -> list[str]:
    """Returns a message for each error in the map or its overlay."""
    return [
        *_unknown_types(sdk, overlay),
        *_unused(found, overlay),
        *(
            f"{token} is no {cfn_type}: the schema has none of {named}"
            for token, cfn_type, named in _strangers(found, overlay, operations)
        ),
        *(problem for match in found for problem in _suffixes(match, overlay.types.get(match.token, TypeOverlay()))),
    ]


def confirmed(found: Sequence[Match], operations: Operations) -> int:
    """Returns how many types are confirmed by the API operation in their name."""
    return sum(bool(named := _named(match, operations)) and bool(named & _made(match)) for match in found)


def _unknown_types(sdk: Sdk, overlay: Overlay) -> Iterator[str]:
    for token in (*overlay.types, *overlay.operations):
        if token not in sdk.resources:
            yield f"overlay.toml: the SDK has no type {token}"


def _unused(found: Sequence[Match], overlay: Overlay) -> Iterator[str]:
    used = {match.token: match.matcher.used for match in found}
    for token, reviewed in overlay.types.items():
        if reviewed.type != "":
            for name in sorted({*reviewed.properties, *reviewed.ignore} - used.get(token, set())):
                yield f"overlay.toml: {token} has no property {name}"


def _strangers(found: Sequence[Match], overlay: Overlay, operations: Operations) -> Iterator[tuple[str, str, str]]:
    """Types whose CloudFormation type makes something else: it has no permission for the operation of their name."""
    for match in found:
        reviewed = overlay.types.get(match.token, TypeOverlay())
        named = _named(match, operations)
        if named and not named & _made(match) and not reviewed.of and match.token not in overlay.operations:
            yield match.token, match.schema.type, ", ".join(sorted(named))


def _named(match: Match, operations: Operations) -> frozenset[str]:
    """Returns the operations that create what the Pulumi type names, in the services of the schema's handlers."""
    module, name = token_names(match.token)
    name = said_name(module, name, match.schema.type.split("::")[1])
    names = {singular(name), singular(plain(name).removeprefix(module))}
    actions = [permission.split(":") for permission in match.schema.permissions if ":" in permission]
    if METHODS & {action[1] for action in actions}:
        return frozenset()
    services = {action[0] for action in actions}
    return frozenset(
        plain(operation)
        for service in services
        for one in names
        for operation in operations.get(service, {}).get(one, ())
    )


def _made(match: Match) -> frozenset[str]:
    return frozenset(plain(permission.partition(":")[2]) for permission in match.schema.permissions)


def _suffixes(match: Match, reviewed: TypeOverlay) -> Iterator[str]:
    """Properties that were found by the end of a name, as `role` for `RoleArn`: wrong half the time."""
    known = {plain(name.rpartition(".")[2]) for name in reviewed.properties}
    for shape in match.matcher.shapes:
        for wire, entry in shape.items():
            name = plain(_path(entry).rpartition("/")[2].removesuffix("[]"))
            if _is_longer(name, plain(wire)) and plain(wire) not in known and wire not in match.matcher.common.synonyms:
                yield f"{match.token}: {wire} is taken for {_path(entry)}"


def _path(entry: Entry) -> str:
    text = entry if isinstance(entry, str) else str(entry[0])
    return "" if text in (LEFT_OUT, HERE) else text.partition(":")[0]


def _is_longer(name: str, wire: str) -> bool:
    """Whether the name is the wire name and more, and more than a plural."""
    return name != wire and name.startswith(wire) and singular(name) != singular(wire)

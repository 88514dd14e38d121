"""What the tests do to stacks: the cases of the rules, and changes of single properties.

A mutation is {"type", "name"?, "path"?, "value"?, "remove"?, "also"?}; see `mutated`. `also` names the other rules that
necessarily report it too.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from policies.check import Registration
from policies.generation.cases import cases

PropertyPath = tuple[str | int, ...]

CASES = cases()


def mutated(resources: list[Registration], mutation: Mapping[str, Any]) -> list[Registration]:
    """The stack with one resource of a type changed, the first where none is named: `value` at `path`, nothing there
    without a `value`, or with `remove` the whole resource gone. A path leads into JSON texts too, and to a statement of
    a policy by its Sid."""
    candidates = [
        index
        for index, resource in enumerate(resources)
        if resource["type"] == mutation["type"] and mutation.get("name", resource["name"]) == resource["name"]
    ]
    assert candidates, f"the program has no such resource: {mutation}"
    chosen = candidates[0]
    if mutation.get("remove"):
        return [*resources[:chosen], *resources[chosen + 1 :]]
    resource = resources[chosen]
    place = place_of(mutation["path"])
    properties = replaced(resource["properties"], place, mutation)
    assert properties != resource["properties"], f"it changes nothing: {mutation}"
    dependencies = dict(resource.get("dependencies", {}))
    if len(place) == 1:
        dependencies.pop(str(place[0]), None)
    assert isinstance(properties, dict)
    changed: Registration = {**resource, "properties": properties, "dependencies": dependencies}
    return [*resources[:chosen], changed, *resources[chosen + 1 :]]


def place_of(path: str | list[str | int]) -> PropertyPath:
    """`a.b[0].c[Sid]` as steps; a list where a key has a dot in it."""
    if isinstance(path, list):
        return tuple(path)
    return tuple(int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path))


def replaced(value: object, place: PropertyPath, mutation: Mapping[str, Any]) -> object:
    if not place:
        return mutation["value"]
    if isinstance(value, str):
        return json.dumps(replaced(json.loads(value), place, mutation))
    step, rest = index_of(value, place[0]), place[1:]
    members: dict[Any, object] = dict(enumerate(value) if isinstance(value, list) else value if value else ())  # type: ignore[call-overload]
    if rest or "value" in mutation:
        members[step] = replaced(members.get(step), rest, mutation)
    else:
        del members[step]
    return list(members.values()) if isinstance(value, list) else members


def index_of(value: object, step: str | int) -> str | int:
    """The step itself, or the index of the statement that has this Sid."""
    if not isinstance(value, list) or not isinstance(step, str):
        return step
    return next(index for index, member in enumerate(value) if member.get("Sid") == step)


def places(value: object, place: PropertyPath = ()) -> list[PropertyPath]:
    """Every place in a property tree, the inner ones before those around them."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = [found for key, member in members for found in places(member, (*place, key))]
    return [*inner, place] if place else inner


def blanked(value: object, gone: Mapping[PropertyPath, object], place: PropertyPath = ()) -> object:
    """The property tree with other values in some places."""
    if place in gone:
        return gone[place]
    if isinstance(value, dict):
        return {key: blanked(member, gone, (*place, key)) for key, member in value.items()}
    if isinstance(value, list):
        return [blanked(member, gone, (*place, index)) for index, member in enumerate(value)]
    return value


def with_values(resource: Registration, given: Mapping[PropertyPath, object]) -> Registration:
    """The resource with other values in some places of its properties."""
    properties = blanked(resource["properties"], given)
    assert isinstance(properties, dict)
    return {**resource, "properties": properties}

"""Cases of the rules: tests/policies/cases/<service>/<rule>.json, and what is done to the stacks in them.

    {"compliant": [resource, …],
     "accepted": {title: change, …},
     "spoiled": {title: change with "property" and "message", …},
     "mutations": [{"type", "name"?, "path"?, "value"?, "remove"?, "also"?}, …],
     "no_mutation": "why the program's own stack cannot be spoiled so"}

A change is {"resource", "patch", "dependencies"?}: a JSON merge patch (RFC 7396) of one resource's properties.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policies.check import Registration

FOLDER = Path(__file__).with_name("cases")
Place = tuple[str | int, ...]

CASES: Mapping[str, Any] = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*/*.json"))}


def stack(rule: str, change: Mapping[str, Any] | None = None) -> list[Registration]:
    """The compliant stack of a rule, with one resource changed."""
    resources: list[Registration] = CASES[rule]["compliant"]
    if change is None:
        return resources
    names = [resource["name"] for resource in resources]
    assert names.count(change["resource"]) == 1
    return [patched(resource, change) if resource["name"] == change["resource"] else resource for resource in resources]


def patched(resource: Registration, change: Mapping[str, Any]) -> Registration:
    dependencies = {**resource.get("dependencies", {}), **change.get("dependencies", {})}
    properties = merged(resource["properties"], change["patch"])
    assert isinstance(properties, dict)
    return {**resource, "properties": properties, "dependencies": dependencies}


def merged(target: object, patch: object) -> object:
    """JSON merge patch: mappings merge, null removes, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    result: dict[str, object] = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def mutated(resources: list[Registration], mutation: Mapping[str, Any]) -> list[Registration]:
    """The stack with one resource of a type spoiled, the first where none is named: `value` at `path`, nothing there
    without a `value`, or with `remove` the whole resource gone. A path leads into JSON texts too."""
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
    spoiled: Registration = {**resource, "properties": properties, "dependencies": dependencies}
    return [*resources[:chosen], spoiled, *resources[chosen + 1 :]]


def place_of(path: str | list[str | int]) -> Place:
    """`a.b[0].c` as steps; a list where a key has a dot in it."""
    if isinstance(path, list):
        return tuple(path)
    return tuple(int(index) if index else key for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path))


def replaced(value: object, place: Place, mutation: Mapping[str, Any]) -> object:
    if not place:
        return mutation["value"]
    if isinstance(value, str):
        return json.dumps(replaced(json.loads(value), place, mutation))
    step, rest = place[0], place[1:]
    members: dict[Any, object] = dict(enumerate(value) if isinstance(value, list) else value if value else ())  # type: ignore[call-overload]
    if rest or "value" in mutation:
        members[step] = replaced(members.get(step), rest, mutation)
    else:
        del members[step]
    return list(members.values()) if isinstance(value, list) else members


def places(value: object, place: Place = ()) -> list[Place]:
    """Every place in a property tree, the inner ones before those around them."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = [found for key, member in members for found in places(member, (*place, key))]
    return [*inner, place] if place else inner


def blanked(value: object, gone: Mapping[Place, object], place: Place = ()) -> object:
    """The property tree with other values in some places."""
    if place in gone:
        return gone[place]
    if isinstance(value, dict):
        return {key: blanked(member, gone, (*place, key)) for key, member in value.items()}
    if isinstance(value, list):
        return [blanked(member, gone, (*place, index)) for index, member in enumerate(value)]
    return value


def with_values(resource: Registration, given: Mapping[Place, object]) -> Registration:
    """The resource with other values in some places of its properties."""
    properties = blanked(resource["properties"], given)
    assert isinstance(properties, dict)
    return {**resource, "properties": properties}

"""One resource's properties written into CloudFormation's, and what could not be."""

from collections.abc import Mapping
from typing import Any

from policies.cloudformation.conversion import MISSING, changed, free, is_unset, scalar
from policies.cloudformation.documents import MAX_DEPTH
from policies.cloudformation.mapping import HERE, PAIRS, Place, ResourceMap
from policies.cloudformation.trace import Trace, member
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN


class Writer:
    """Writes resources into the template of one stack.

    A value that is not known is left out. Only a text that must be there, or that surely will be because it is made
    from another resource, becomes a reference to a parameter without a value: no rule can judge that. A reference in
    the place of an object would be taken for one of its members.
    """

    def __init__(self, table: ResourceMap) -> None:
        self.parameters: dict[str, dict[str, str]] = {}
        self._table = table

    def write(self, resource: Resource, into: dict[str, Any], trace: Trace) -> bool:
        """Adds the properties of a resource to an object of the template. False where something of them is missing."""
        return self._object(resource.properties, 0, into, trace, resource, MAX_DEPTH)

    def _object(  # noqa: PLR0913, PLR0917  one step of a walk down two trees at once
        self, given: Mapping[str, Any], shape: int, into: dict[str, Any], trace: Trace, resource: Resource, depth: int
    ) -> bool:
        places = self._table.shape(resource.type, shape)
        complete = depth > 0
        trace.shape = places
        for name in sorted(given) if depth else ():
            value = given[name]
            if name.startswith("__") or value is None:
                continue
            if name not in places:
                complete = False
                continue
            place = places[name]
            if place is None or is_unset(value, place):
                continue
            origin = Trace(resource, member(trace.property, name))
            complete &= self._property(value, place, into, trace, origin, depth)
        return complete

    def _property(  # noqa: PLR0913, PLR0917  see _object
        self, value: object, place: Place, into: dict[str, Any], trace: Trace, origin: Trace, depth: int
    ) -> bool:
        top = origin.property.partition(".")[0].partition("[")[0]
        certain = place.required or bool(origin.resource.dependencies.get(top))
        written, complete = self._value(value, place, origin, certain, depth)
        if written is MISSING:
            return False
        _put(written, place.path, into, trace, origin)
        return complete

    def _value(self, value: object, place: Place, origin: Trace, certain: bool, depth: int) -> tuple[object, bool]:
        """What to write, MISSING for nothing, and whether it says all that the value says."""
        if "constant" in place.changes:
            return place.changes["constant"], True
        if value is UNKNOWN:
            written = self._unknown(place, certain)
            return written, written is not MISSING
        if place.changes:
            value = changed(value, place.changes)
            if value is MISSING or "values" in place.changes or "item" in place.changes:
                return value, value is not MISSING
        if place.leaf in PAIRS:
            return self._pairs(value, PAIRS[place.leaf], origin)
        match place.container:
            case "l":
                return self._list(value if isinstance(value, list) else [value], place, origin, depth)
            case "m":
                return self._map(value, place, origin, depth)
            case _ if isinstance(value, list) and place.leaf not in "aj":
                return self._value(value[0], place, origin, certain, depth) if len(value) == 1 else (MISSING, False)
        return self._one(value, place, origin, depth)

    def _one(self, value: object, place: Place, origin: Trace, depth: int) -> tuple[object, bool]:
        if place.shape is not None:
            written: dict[str, Any] = {}
            if not isinstance(value, Mapping):
                return MISSING, False
            return written, self._object(value, place.shape, written, origin, origin.resource, depth - 1)
        if place.leaf in "aj":
            origin.free = True
            return free(value, place.leaf)
        written_one = scalar(value, place.leaf)
        return written_one, written_one is not MISSING

    def _list(self, values: list[Any], place: Place, origin: Trace, depth: int) -> tuple[object, bool]:
        written: list[object] = []
        complete = True
        for index, value in enumerate(values):
            item = Trace(origin.resource, f"{origin.property}[{index}]")
            one, whole = self._member(value, place, item, depth)
            complete &= whole
            if one is not MISSING:
                origin.members[str(len(written))] = item
                written.append(one)
        return written, complete

    def _map(self, values: object, place: Place, origin: Trace, depth: int) -> tuple[object, bool]:
        if not isinstance(values, Mapping):
            return MISSING, False
        written: dict[str, object] = {}
        complete = True
        for name, value in values.items():
            if value is None:
                continue
            item = origin.members[name] = Trace(origin.resource, member(origin.property, name))
            one, whole = self._member(value, place, item, depth)
            complete &= whole
            if one is not MISSING:
                written[name] = one
        return written, complete

    def _member(self, value: object, place: Place, origin: Trace, depth: int) -> tuple[object, bool]:
        if value is UNKNOWN:
            return (self._text(), True) if place.leaf == "s" and not place.closed else (MISSING, False)
        return self._one(value, place, origin, depth)

    def _pairs(self, values: object, names: tuple[str, str], origin: Trace) -> tuple[object, bool]:
        if not isinstance(values, Mapping):
            return MISSING, False
        written = []
        for name in sorted(values):
            value = self._text() if values[name] is UNKNOWN else scalar(values[name], "s")
            if value is not MISSING:
                origin.members[str(len(written))] = Trace(origin.resource, member(origin.property, name))
                written.append({names[0]: name, names[1]: value})
        return written, len(written) == len(values)

    def _unknown(self, place: Place, certain: bool) -> object:
        text = place.leaf == "s" and not place.container and not place.closed and not place.changes
        return self._text() if text and certain else MISSING

    def _text(self) -> dict[str, str]:
        name = f"Unknown{len(self.parameters) + 1}"
        self.parameters[name] = {"Type": "String"}
        return {"Ref": name}


def _put(written: object, path: tuple[str, ...], into: dict[str, Any], trace: Trace, origin: Trace) -> None:
    """Writes a value at a path; objects and lists of several properties are brought together."""
    if path == (HERE,):
        into |= written if isinstance(written, dict) else {}
        trace.members |= origin.members
        return
    *outer, last = path
    for step in outer:
        into = into.setdefault(step, {})
        trace = trace.below(step)
    if last.endswith("[]"):
        last = last.removesuffix("[]")
        items = into.setdefault(last, [])
        trace.below(last).members[str(len(items))] = origin
        items.append(written)
    elif isinstance(written, dict) and isinstance(into.get(last), dict):
        into[last] |= written
        trace.below(last).members |= origin.members
    else:
        into[last] = written
        trace.members[last] = origin

"""One resource's properties written into CloudFormation's, and what could not be."""

import re
from collections.abc import Mapping
from typing import Any, Final

from policies.cloudformation.conversion import MISSING, changed, free, is_unset, scalar
from policies.cloudformation.documents import MAX_DEPTH
from policies.cloudformation.mapping import HERE, PAIRS, PARTIAL, PropertyPath, ResourceMap
from policies.cloudformation.trace import Trace, member
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN

WHOLE: Final = re.compile(r"arn:[^*]+|[\w.-]+")
"""A name, an identifier or an ARN as such, not a text that is made with one."""

Written = tuple[object, bool]
"""What to write, MISSING for nothing, and whether it holds all that the value holds."""


class Writer:
    """Writes resources into the template of one stack.

    A value that is not known is left out. Only a text that must be there, or that surely will be because it is made
    from another resource, becomes a reference: to that resource where the property surely holds it, else to a
    parameter without a value, which no rule can judge. A reference in place of an object would be taken for one of
    its members.
    """

    def __init__(self, table: ResourceMap) -> None:
        self.parameters: dict[str, dict[str, str]] = {}
        self._table = table
        self._others: dict[str, tuple[str, str]] = {}

    def name(self, urn: str, logical_id: str, cfn_type: str) -> None:
        """Identifies a resource of the template, to which others may refer."""
        self._others[urn] = (logical_id, cfn_type)

    def write(self, resource: Resource, into: dict[str, Any], trace: Trace) -> bool:
        """Adds a resource's properties to an object of the template, and where they are from to its trace. False where
        something of them, or of what CloudFormation requires, is missing."""
        return self._object(resource.properties, 0, into, trace, Trace(resource, ""))

    def _object(
        self, given: Mapping[str, Any], shape: int, into: dict[str, Any], trace: Trace, origin: Trace, depth: int = 0
    ) -> bool:
        """`trace` is where the members' origins are kept, `origin` the object's own: two things for a sub-resource."""
        places = self._table.shape(origin.resource.type, shape)
        trace.shape = places
        if depth == MAX_DEPTH:
            return False
        complete = PARTIAL not in places
        for name in sorted(given):
            value, target = given[name], places.get(name)
            if value is None or name.startswith("__") or (target and is_unset(value, target)):
                continue
            if target is not None:
                made_from = Trace(origin.resource, member(origin.property, name))
                complete &= self._property(value, target, into, trace, made_from, depth)
            elif name not in places:
                complete = False
        for name, target in places.items():
            if target is not None and target.provided and target.path[0] not in into:
                made_from = Trace(origin.resource, member(origin.property, name))
                complete &= self._property(UNKNOWN, target, into, trace, made_from, depth)
        return complete

    def _property(
        self, value: object, target: PropertyPath, into: dict[str, Any], trace: Trace, origin: Trace, depth: int
    ) -> bool:
        written, complete = self._value(value, target, origin, depth)
        if written is MISSING:
            return False
        _put(written, target.path, into, trace, origin)
        return complete

    def _value(self, value: object, target: PropertyPath, origin: Trace, depth: int) -> Written:
        if "constant" in target.changes:
            return target.changes["constant"], True
        if target.holds and (other := self._other(value, target.holds, origin)):
            return other, True
        if value is UNKNOWN:
            return self._unknown(target, origin)
        if "json" in target.changes:
            value, whole = free(value, "j")
            return self._form(value, target, origin, depth) if whole else (MISSING, False)
        value = changed(value, target.changes)
        if value is MISSING or target.changes.keys() & {"values", "item"}:
            return value, value is not MISSING
        return self._form(value, target, origin, depth)

    def _form(self, value: object, target: PropertyPath, origin: Trace, depth: int) -> Written:
        """The value in the form that CloudFormation has: one, a list or a map of them."""
        if target.leaf in PAIRS:
            return self._pairs(value, PAIRS[target.leaf], origin)
        if target.container == "l":
            return self._list(value if isinstance(value, list) else [value], target, origin, depth)
        if target.container == "m":
            return self._map(value, target, origin, depth) if isinstance(value, Mapping) else (MISSING, False)
        if isinstance(value, list) and target.leaf not in "aj":
            return self._member(value[0], target, origin, depth) if len(value) == 1 else (MISSING, False)
        return self._one(value, target, origin, depth)

    def _one(self, value: object, target: PropertyPath, origin: Trace, depth: int) -> Written:
        if target.shape is not None:
            into: dict[str, Any] = {}
            if not isinstance(value, Mapping):
                return MISSING, False
            return into, self._object(value, target.shape, into, origin, origin, depth + 1)
        if target.leaf in "aj":
            origin.free = True
            return free(value, target.leaf)
        written = scalar(value, target.leaf)
        return written, written is not MISSING

    def _list(self, values: list[Any], target: PropertyPath, origin: Trace, depth: int) -> Written:
        written: list[object] = []
        complete = True
        for index, value in enumerate(values):
            item = Trace(origin.resource, f"{origin.property}[{index}]")
            one, whole = self._member(value, target, item, depth)
            complete &= whole
            if one is not MISSING:
                origin.members[str(len(written))] = item
                written.append(one)
        return written, complete

    def _map(self, values: Mapping[str, Any], target: PropertyPath, origin: Trace, depth: int) -> Written:
        written: dict[str, object] = {}
        complete = True
        for name, value in values.items():
            if value is None:
                continue
            item = origin.members[name] = Trace(origin.resource, member(origin.property, name))
            one, whole = self._member(value, target, item, depth)
            complete &= whole
            if one is not MISSING:
                written[name] = one
        return written, complete

    def _member(self, value: object, target: PropertyPath, origin: Trace, depth: int) -> Written:
        if value is UNKNOWN:
            return (self._text(), True) if target.leaf == "s" and not target.closed else (MISSING, False)
        return self._one(value, target, origin, depth)

    def _pairs(self, values: object, names: tuple[str, str], origin: Trace) -> Written:
        if not isinstance(values, Mapping):
            return MISSING, False
        written: list[dict[str, object]] = []
        for name in sorted(values):
            value = self._text() if values[name] is UNKNOWN else scalar(values[name], "s")
            if value is not MISSING:
                origin.members[str(len(written))] = Trace(origin.resource, member(origin.property, name))
                written.append({names[0]: name, names[1]: value})
        return written, len(written) == len(values)

    def _unknown(self, target: PropertyPath, origin: Trace) -> Written:
        is_text = target.leaf == "s" and not target.container and not target.closed and not target.changes
        # What is made from another resource will have a value.
        return (self._text(), True) if is_text and (target.required or _dependencies(origin)) else (MISSING, False)

    def _other(self, value: object, holds: Mapping[str, str], origin: Trace) -> dict[str, object] | None:
        """The reference to the one resource of the template that the property is made from and may hold."""
        made_from = (self._others.get(urn) for urn in _dependencies(origin))
        named = [(logical_id, holds[cfn_type]) for logical_id, cfn_type in filter(None, made_from) if cfn_type in holds]
        if len(named) != 1 or (value is not UNKNOWN and not (isinstance(value, str) and WHOLE.fullmatch(value))):
            return None
        (logical_id, attribute) = named[0]
        return {"Fn::GetAtt": [logical_id, attribute]} if attribute else {"Ref": logical_id}

    def _text(self) -> dict[str, str]:
        """A text that is not known: a parameter of its own, for two of them need not be equal."""
        name = f"Unknown{len(self.parameters) + 1}"
        self.parameters[name] = {"Type": "String"}
        return {"Ref": name}


def _dependencies(origin: Trace) -> tuple[str, ...]:
    """The resources that the property is made from."""
    top = origin.property.partition(".")[0].partition("[")[0]
    return origin.resource.dependencies.get(top, ())


def _put(written: object, path: tuple[str, ...], into: dict[str, Any], trace: Trace, origin: Trace) -> None:
    """Writes a value at a path; objects of several properties are brought together."""
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

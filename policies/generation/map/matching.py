"""Pulumi's inputs held against CloudFormation's properties: which mean the same. Development time only.

Everything doubtful is left out: a property that is not mapped is not judged, one that is mapped wrongly is judged
wrongly.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from policies.cloudformation.mapping import HERE, LEFT_OUT, PARTIAL
from policies.generation.map.names import find, plain, words
from policies.generation.map.overlay import Overlay, Property, TypeOverlay
from policies.generation.map.references import References
from policies.generation.map.schemas import Node, Schema
from policies.generation.map.sdk import Sdk, Slot

SCALARS: Final[Mapping[str, Mapping[str, str]]] = {
    "string": {"string": "s", "integer": "i", "number": "n", "boolean": "b"},
    "integer": {"integer": "i", "number": "n", "string": "s"},
    "number": {"number": "n", "integer": "i", "string": "s"},
    "boolean": {"boolean": "b", "string": "s"},
}
"""Pulumi's kind, CloudFormation's kind, and how the value is written there."""
PAIRS: Final = {("Key", "Value"): "p", ("Name", "Value"): "w", ("TagKey", "TagValue"): "t"}
"""A map that is a list of such objects on the other side."""
SWITCH: Final = frozenset({"enabled", "disabled"})

Entry = str | list[Any]
"""`path:code`, or that with a table of what the overlay demands of the value: see mapping.py."""


class UnknownPathError(Exception):
    """The overlay names what the SDK or the schema has not."""


@dataclass(frozen=True, slots=True)
class Target:
    """A location in a CloudFormation type. Locations with the same definition share a `key`; `path` is where it is."""

    node: Node
    key: str
    path: str = ""
    required: bool = False


@dataclass
class Matcher:
    """One Pulumi type against one CloudFormation type. `shapes` are the tables found, the first the resource's own;
    `paths` the CloudFormation paths they reach, with their constraints; `used` the overlay's entries."""

    sdk: Sdk
    schema: Schema
    overlay: TypeOverlay
    common: Overlay
    references: References
    shapes: list[dict[str, Entry]] = field(default_factory=list)
    paths: dict[str, Counter[str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    _known: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def constraints(self) -> Counter[str]:
        """The constraints that the schema puts on what is mapped, by keyword."""
        return sum(self.paths.values(), Counter())

    def match(self, shape: str, owners: tuple[str, ...]) -> None:
        """`owners` are the words that a property's name may begin with, for example Queue for QueueName."""
        target = Target(self.schema.document, "")
        for step in self.overlay.at.split("/") if self.overlay.at else ():
            target = self._step(target, step)
        self._shape(shape, target, owners, "")
        if self.overlay.of and not self.overlay.at:
            self.shapes[0].pop(PARTIAL, None)

    def _shape(self, shape: str, target: Target, owners: tuple[str, ...], at: str) -> int:
        reviewed = any(key.startswith(f"{at}.") for key in (*self.overlay.properties, *self.overlay.ignore))
        known = (shape, f"{target.key}|{at if reviewed else ''}")
        if known not in self._known:
            self._known[known] = len(self.shapes)
            entries: dict[str, Entry] = {}
            self.shapes.append(entries)
            entries.update(self._entries(shape, target, owners, at))
            here = self.overlay.properties.get(at)
            if not (here and here.path == HERE) and self._missing(target, entries):
                entries[PARTIAL] = LEFT_OUT
        return self._known[known]

    def _missing(self, target: Target, entries: Mapping[str, Entry]) -> set[str]:
        """What CloudFormation requires there and no input gives."""
        return {name for name, member in self._members(target).items() if member.required} - self._reached(entries)

    def _reached(self, entries: Mapping[str, Entry]) -> set[str]:
        reached: set[str] = set()
        for entry in entries.values():
            path, _, code = (entry if isinstance(entry, str) else entry[0]).partition(":")
            if path == HERE:
                reached |= self._reached(self.shapes[int(re.findall(r"\d+", code)[0])])
            else:
                reached.add(path.partition("/")[0].removesuffix("[]"))
        return reached

    def _entries(self, shape: str, target: Target, owners: tuple[str, ...], at: str) -> Iterator[tuple[str, Entry]]:
        for wire, slot in self.sdk.shapes[shape].items():
            name = f"{at}.{wire}" if at else wire
            is_ignored = not at and wire in self.common.ignore and name not in self.overlay.properties
            if name in self.overlay.ignore or is_ignored:
                self.used.add(name)
                yield wire, LEFT_OUT
            elif name in self.overlay.properties:
                self.used.add(name)
                yield wire, self._reviewed(slot, self.overlay.properties[name], target, name)
            elif entry := self._found(wire, slot, target, owners, name):
                yield wire, entry

    def _reviewed(self, slot: Slot, given: Property, target: Target, name: str) -> Entry:
        for step in given.path.split("/") if given.path != HERE else ():
            target = self._step(target, step)
        if given.item or given.constant or given.json or given.values:
            code = "j" if given.json else "s"
            self._count(target)
        elif given.own:
            code = self._own(target)
        else:
            code = self._code(self._alike(slot, target), target, name)
        if not code:
            raise UnknownPathError(f"{self.schema.type}: {name} and {given.path} are not of one kind")
        text = f"{given.path}:{code}{self._marks(slot, target, given.path)}"
        return [text, given.changes()] if given.changes() else text

    def _alike(self, slot: Slot, target: Target) -> Slot:
        """One text where the other side has a list of them, or the other way: reviewed, so it means the same."""
        if slot.leaf not in SCALARS or slot.container == "map":
            return slot
        return Slot(slot.leaf, "list" if self.schema.kind(target.node) == "array" else "")

    def _found(self, wire: str, slot: Slot, target: Target, owners: tuple[str, ...], at: str) -> Entry | None:
        members = self._members(target)
        found = find(wire, members, owners) or self.common.synonyms.get(wire, "")
        steps: tuple[str, ...] = (found,) if found in members else ()
        if not steps and at == wire:
            steps = self._nested(wire, slot, members)
        if not steps:
            return None
        for step in steps:
            target = self._step(target, step)
        text = "/".join(steps)
        if slot.kind == ("boolean", "") and self.schema.kind(target.node) == "string":
            return self._switch(text, slot, target)
        code = self._code(slot, target, at)
        return f"{text}:{code}{self._marks(slot, target, text)}" if code else None

    def _nested(self, wire: str, slot: Slot, members: Mapping[str, Target]) -> tuple[str, ...]:
        """Returns the one object of the resource that has a scalar of this name, if the name has several words."""
        if len(words(wire)) == 1 or slot.leaf not in SCALARS:
            return ()
        places = [
            (outer, inner)
            for outer, member in members.items()
            if self.schema.kind(member.node) == "object"
            for inner in self.schema.members(member.node)
            if plain(inner) == plain(wire)
        ]
        return places[0] if len(places) == 1 else ()

    def _switch(self, text: str, slot: Slot, target: Target) -> Entry | None:
        """A bool where CloudFormation has ENABLED and DISABLED, and nothing else."""
        choices = {choice.lower(): choice for choice in self.schema.choices(target.node)}
        if choices.keys() != SWITCH:
            return None
        self._count(target)
        values = {"true": choices["enabled"], "false": choices["disabled"]}
        return [f"{text}:s{self._marks(slot, target, text)}", {"values": values}]

    def _code(self, slot: Slot, target: Target, at: str) -> str:
        """Returns how the value is written there (see mapping.py); nothing where the two cannot mean the same."""
        kind = self.schema.kind(target.node)
        code = ""
        if kind == "array":
            code = self._pairs(target) if slot.container == "map" else self._list(slot, target, at)
        elif slot.container == "map":
            code = self._map(slot, target, at, kind)
        elif slot.leaf in self.sdk.shapes:
            code = f"o{self._shape(slot.leaf, target, (at.rpartition('.')[2],), at)}" if kind == "object" else ""
        elif kind == "json":
            code = "j" if slot.kind == ("string", "") else ""
        elif not slot.container and slot.leaf in SCALARS:
            code = SCALARS[slot.leaf].get(kind, "")
        if code:
            self._count(target)
        return code

    def _own(self, target: Target) -> str:
        """A JSON document in the API's own words: CloudFormation's names, their first letter small."""
        kind = self.schema.kind(target.node)
        self._count(target)
        if kind == "array":
            return f"l{self._own(self._step(target, '[]'))}"
        if kind == "map":
            return "ms"
        if kind != "object":
            return "a" if kind == "json" else kind[0]
        known = ("", target.key)
        if known not in self._known:
            self._known[known] = len(self.shapes)
            entries: dict[str, Entry] = {}
            self.shapes.append(entries)
            for name, member in self._members(target).items():
                marks = self._marks(Slot("any", "", required=True), member, name)
                entries[name[:1].lower() + name[1:]] = f"{name}:{self._own(member)}{marks}"
        return f"o{self._known[known]}"

    def _pairs(self, target: Target) -> str:
        items = self._step(target, "[]")
        members = self._members(items)
        code = next((code for names, code in PAIRS.items() if set(names) <= members.keys()), "")
        for place in (items, *members.values()) if code else ():
            self._count(place)
        return code

    def _list(self, slot: Slot, target: Target, at: str) -> str:
        items = self._step(target, "[]")
        code = ""
        if slot.leaf in self.sdk.shapes:
            if self.schema.kind(items.node) == "object":
                code = f"o{self._shape(slot.leaf, items, (at.rpartition('.')[2],), at)}"
        elif slot.container == "list" and slot.leaf in SCALARS:
            code = SCALARS[slot.leaf].get(self.schema.kind(items.node), "")
        if code:
            self._count(items)
        return f"l{code}" if code else ""

    def _map(self, slot: Slot, target: Target, at: str, kind: str) -> str:
        if kind == "json":
            return "a" if slot.leaf in (*SCALARS, "any") else ""
        values = self.schema.values(target.node) if kind == "map" else None
        if values is None:
            return ""
        place = Target(values, f"{target.key}{{}}", f"{target.path}/*")
        kind = self.schema.kind(values)
        if slot.leaf in self.sdk.shapes:
            code = f"o{self._shape(slot.leaf, place, (), at)}" if kind == "object" else ""
        else:
            # A schema that lets anything stand there, as for environment variables, is a map of texts nevertheless.
            code = "s" if kind == "json" and slot.leaf == "string" else SCALARS.get(slot.leaf, {}).get(kind, "")
        if code:
            self._count(place)
        return f"m{code}" if code else ""

    def _marks(self, slot: Slot, target: Target, path: str) -> str:
        node = self.schema.resolved(target.node)
        kind = self.schema.kind(node)
        closed = self.schema.choices(self.schema.items(node) if kind == "array" else node)
        # Below an object of its own, or in a list that several properties fill, it is needed only if that is there.
        always = slot.required or "/" in path or path.endswith("[]")
        needed = ("!" if always else "~") if target.required else ""
        held = self.references.at(self.schema.type, target.path, node) if kind == "string" else ()
        return ("?" if closed else "") + needed + (f"@{','.join(map('.'.join, held))}" if held else "")

    def _count(self, target: Target) -> None:
        self.paths[target.path] = self.schema.constraints(target.node)

    def _members(self, target: Target) -> dict[str, Target]:
        nodes = self.schema.members(target.node) if target.path else self.schema.properties
        required = self.schema.required(target.node)
        return {
            name: Target(
                node,
                node.get("$ref", f"{target.key}/{name}"),
                f"{target.path}/{name}",
                name in required,
            )
            for name, node in nodes.items()
        }

    def _step(self, target: Target, step: str) -> Target:
        """One step of a path: a property, or `[]` for the items of a list; `Name[]` is both."""
        if step.endswith("[]") and step != "[]":
            return self._step(self._step(target, step.removesuffix("[]")), "[]")
        if step == "[]":
            items = self.schema.items(target.node)
            return Target(items, items.get("$ref", f"{target.key}[]"), f"{target.path}/*")
        members = self._members(target)
        if step not in members:
            raise UnknownPathError(f"{self.schema.type} has no {step} at {target.path or 'its top'}")
        return members[step]

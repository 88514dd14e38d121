"""The resources of a Pulumi program as one CloudFormation template, so that what AWS publishes about CloudFormation
judges them, with the trace from a path of the template to the resource and its property."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policies.cloudformation.mapping import MappedType, ResourceMap, resource_map
from policies.cloudformation.trace import Trace, steps
from policies.cloudformation.writer import Writer
from policies.rules.rule import Resource

VERSION: Final = "2010-09-09"
MAX_ID: Final = 200
"""Characters of a logical id, of the 255 that CloudFormation allows."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A template and what to know of it. `incomplete` are the logical ids of resources of which something could not be
    known: whatever is missing there may be given; `unknown` are those where a text is there but not known."""

    template: Mapping[str, Any]
    incomplete: frozenset[str]
    unknown: frozenset[str]
    traces: Mapping[str, Trace]

    def origin(self, logical_id: str, path: str) -> tuple[Resource, str]:
        """The resource and property that a path of a resource of the template was made from.

        `path` is as findings give it: `Properties.Tags.0.Key`, `/Tags/0/Key` or with Resources and the id before it.
        The property is "" for the resource as a whole; for a path where nothing stands it is the property that would
        have been written there. Raises KeyError for an id that is not in the template.
        """
        return self.traces[logical_id].find(steps(path))


def translate(resources: Iterable[Resource], table: ResourceMap | None = None) -> Translation:
    """The template of all resources whose types the map has; the others are left out.

    What is not known is left out of it, or becomes a reference to a parameter without a value (see Writer): making a
    value unknown never adds information.
    """
    return _Translator(table or resource_map()).translate(tuple(resources))


class _Translator:
    def __init__(self, table: ResourceMap) -> None:
        self._table = table
        self._writer = Writer(table)
        self._written: dict[str, dict[str, Any]] = {}
        self._traces: dict[str, Trace] = {}
        self._ids: dict[str, str] = {}
        self._incomplete: set[str] = set()
        self._unknown: set[str] = set()

    def translate(self, resources: Sequence[Resource]) -> Translation:
        mapped = [(resource, self._table.types[resource.type]) for resource in resources if self._is_mapped(resource)]
        for resource, kind in mapped:
            if not kind.of:
                self._add(resource, kind)
        for resource, kind in mapped:
            if kind.of:
                self._fold(resource, kind)
        template: dict[str, Any] = {"AWSTemplateFormatVersion": VERSION, "Resources": self._written}
        if self._writer.parameters:
            template["Parameters"] = self._writer.parameters
        return Translation(template, frozenset(self._incomplete), frozenset(self._unknown), self._traces)

    def _is_mapped(self, resource: Resource) -> bool:
        return resource.type in self._table.types

    def _add(self, resource: Resource, kind: MappedType) -> None:
        logical_id = self._new_id(resource.name)
        self._ids[resource.urn] = logical_id
        self._writer.name(resource.urn, logical_id, kind.type)
        self._traces[logical_id] = Trace(resource, "")
        properties: dict[str, Any] = {}
        self._written[logical_id] = {"Type": kind.type, "Properties": properties}
        self._write(resource, properties, self._traces[logical_id], logical_id)

    def _new_id(self, name: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9]", "", name.title())[:MAX_ID] or "Resource"
        logical_id, number = plain, 1
        while logical_id in self._written:
            number += 1
            logical_id = f"{plain}{number}"
        return logical_id

    def _fold(self, resource: Resource, kind: MappedType) -> None:
        """Writes a sub-resource into the resource that it belongs to."""
        owner = self._owner(resource, kind)
        if owner is None:
            self._doubt(kind.type)
            return
        into: dict[str, Any] = self._written[owner]["Properties"]
        trace = self._traces[owner]
        for step in kind.at.split("/") if kind.at else ():
            name = step.removesuffix("[]")
            trace = trace.below(name)
            if step != name:
                items = into.setdefault(name, [])
                into = {}
                trace.members[str(len(items))] = trace = Trace(resource, "")
                items.append(into)
            else:
                into = into.setdefault(name, {})
        self._write(resource, into, trace, owner)

    def _owner(self, resource: Resource, kind: MappedType) -> str | None:
        """Matches by the dependency that the engine reports, else by the name that both give."""
        named = resource.properties.get(kind.of)
        depends = {self._ids.get(urn, "") for urn in resource.dependencies.get(kind.of, ())}
        for logical_id, written in self._written.items():
            if written["Type"] != kind.type:
                continue
            owner = self._traces[logical_id].resource.properties
            if logical_id in depends or (isinstance(named, str) and named in (owner.get(kind.of), owner.get("name"))):
                return logical_id
        return None

    def _doubt(self, cfn_type: str) -> None:
        """Which resource of the type a sub-resource belongs to is not known: it may be any."""
        self._incomplete |= {name for name, written in self._written.items() if written["Type"] == cfn_type}

    def _write(self, resource: Resource, into: dict[str, Any], trace: Trace, logical_id: str) -> None:
        known = len(self._writer.parameters)
        if not self._writer.write(resource, into, trace):
            self._incomplete.add(logical_id)
        if len(self._writer.parameters) > known:
            self._unknown.add(logical_id)
